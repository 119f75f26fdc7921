package dev.sidecar.dataplane;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.List;

/** The process metrics that Spring Boot exports in the control plane, with the same names, for a process without it. */
public final class ProcessMeters {

    private ProcessMeters() {}

    /** @param further those of the process itself */
    public static void bind(MeterRegistry registry, Iterable<MeterBinder> further) {
        for (MeterBinder binder : List.of(
                new ClassLoaderMetrics(),
                new JvmMemoryMetrics(),
                new JvmThreadMetrics(),
                new FileDescriptorMetrics(),
                new ProcessorMetrics(),
                new UptimeMetrics())) {
            binder.bindTo(registry);
        }
        further.forEach(binder -> binder.bindTo(registry));
    }
}
