package dev.sidecar.traces;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Counts the spans of requests: those that arrived and those that were dropped. */
final class SpanMetrics {

    private final Map<Drop, Counter> dropped = new EnumMap<>(Drop.class);
    private final Counter sent;

    /** Why a span was dropped. */
    enum Drop {
        /** As many as may wait were waiting. */
        QUEUE_FULL,
        /** Whoever keeps traces did not take it, or could not be reached. */
        NOT_DELIVERED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    SpanMetrics(MeterRegistry registry, Tags tags) {
        sent = Counter.builder("sidecar.gateway.spans.sent")
                .description("Spans that whoever keeps traces has taken")
                .tags(tags)
                .register(registry);
        for (Drop drop : Drop.values()) {
            dropped.put(
                    drop,
                    Counter.builder("sidecar.gateway.spans.dropped")
                            .description("Spans that were dropped, by reason")
                            .tags(tags.and("reason", drop.label()))
                            .register(registry));
        }
    }

    void sent(int spans) {
        sent.increment(spans);
    }

    void dropped(Drop why, int spans) {
        Objects.requireNonNull(dropped.get(why)).increment(spans);
    }
}
