package dev.sidecar.dumps;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Publishes what is known of the dumps that others take. All series of a source exist from the start; a time is 0 until it is known. */
final class DumpMetrics {

    private final MeterRegistry registry;
    private final Map<String, Series> series = new ConcurrentHashMap<>();

    DumpMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    private static final class Series {
        private volatile double modified;
        private volatile double bytes;
        private volatile double proven = Double.NaN;
        private volatile double provenAt;
        private volatile double restore;
    }

    void known(String source) {
        series.computeIfAbsent(source, this::registered);
    }

    private Series registered(String source) {
        Series made = new Series();
        gauge(
                source,
                "sidecar.dump.timestamp",
                "When the newest dump was written, 0 if there is none",
                "seconds",
                made,
                s -> s.modified);
        gauge(source, "sidecar.dump.size", "Size of the newest dump", "bytes", made, s -> s.bytes);
        gauge(
                source,
                "sidecar.dump.restored",
                "1 if the last restore of a dump and all of your checks held",
                null,
                made,
                s -> s.proven);
        gauge(
                source,
                "sidecar.dump.restored.timestamp",
                "When a dump was last restored, 0 if never",
                "seconds",
                made,
                s -> s.provenAt);
        gauge(source, "sidecar.dump.restore.duration", "Time the last restore took", "seconds", made, s -> s.restore);
        return made;
    }

    private void gauge(
            String source,
            String name,
            String description,
            @org.jspecify.annotations.Nullable String unit,
            Series of,
            java.util.function.ToDoubleFunction<Series> value) {
        Gauge.builder(name, of, value)
                .description(description)
                .baseUnit(unit)
                .tag("source", source)
                .strongReference(true)
                .register(registry);
    }

    void update(DumpState state) {
        Series of = series.computeIfAbsent(state.source(), this::registered);
        of.modified = state.modified() == null ? 0 : state.modified().getEpochSecond();
        of.bytes = state.bytes();
        state.result().ifPresent(result -> {
            of.proven = result.held() ? 1 : 0;
            of.provenAt = result.provenAt().getEpochSecond();
            of.restore = result.restoreTook() == null ? 0 : result.restoreTook().toMillis() / 1000.0;
        });
    }
}
