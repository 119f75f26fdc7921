package dev.sidecar.dumps;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Publishes what is known of the dumps that others take. All series of a source exist from the start; what nobody has looked at yet is absent
 * (NaN), as 0 would mean that there is none.
 */
final class DumpMetrics {

    private final MeterRegistry registry;
    private final Map<String, Series> series = new ConcurrentHashMap<>();

    DumpMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    private static final class Series {
        private volatile double readable = Double.NaN;
        private volatile double modified = Double.NaN;
        private volatile double bytes = Double.NaN;
        private volatile double least = Double.NaN;
        private volatile double proven = Double.NaN;
        private volatile double provenAt;
        private volatile double unproven;
        private volatile double restore;
    }

    /** Creates all series of a source. @param result of its newest restore, maybe of an earlier process */
    void known(String source, Duration greatestAge, Optional<DumpResult> result) {
        Series made = series.computeIfAbsent(source, this::registered);
        gauge(
                source,
                "sidecar.dump.greatest.age",
                "How old the newest dump may be",
                "seconds",
                made,
                any -> greatestAge.toSeconds());
        result.ifPresent(known -> proven(made, known));
    }

    private Series registered(String source) {
        Series made = new Series();
        gauge(source, "sidecar.dump.readable", "1 if the dumps could be listed", null, made, s -> s.readable);
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
                "sidecar.dump.least.size",
                "Size that the newest dump should have at least",
                "bytes",
                made,
                s -> s.least);
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
        gauge(
                source,
                "sidecar.dump.unproven",
                "How many times in a row the newest dump could not be verified for reasons on the sidecar's side",
                null,
                made,
                s -> s.unproven);
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

    /** Records that the dumps of a source cannot be listed. What was seen of them last stays: they grow old all the same. */
    void unreadable(String source) {
        series.computeIfAbsent(source, this::registered).readable = 0;
    }

    /** Records what lies there, and what is proven of it. */
    void update(DumpState state) {
        Series of = series.computeIfAbsent(state.source(), this::registered);
        of.readable = 1;
        of.modified = state.modified() == null ? 0 : state.modified().getEpochSecond();
        of.bytes = state.bytes();
        of.least = state.least();
        state.result().ifPresent(result -> proven(of, result));
    }

    private static void proven(Series of, DumpResult result) {
        of.proven = result.held() ? 1 : 0;
        of.provenAt = result.provenAt().getEpochSecond();
        of.unproven = result.failures();
        of.restore = result.restoreTook() == null ? 0 : result.restoreTook().toMillis() / 1000.0;
    }
}
