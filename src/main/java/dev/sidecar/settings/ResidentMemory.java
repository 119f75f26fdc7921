package dev.sidecar.settings;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Exports the resident memory of the whole process, not only the heap; NaN where there is no {@code /proc}. */
final class ResidentMemory implements MeterBinder {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long KIBI = 1024;

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("sidecar.process.resident", ResidentMemory::bytes)
                .description("What this process occupies in memory")
                .baseUnit("bytes")
                .register(registry);
    }

    private static double bytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return KIBI * Double.parseDouble(line.replaceAll("[^0-9]", ""));
                }
            }
        } catch (IOException e) {
            // Not Linux: the gauge stays NaN.
        }
        return Double.NaN;
    }
}
