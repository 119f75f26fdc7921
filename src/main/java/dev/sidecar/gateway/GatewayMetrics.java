package dev.sidecar.gateway;

import dev.sidecar.requests.Requests;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Measures what only a gateway sees: failures by reason, waiting for the upstream, requests sent again. */
final class GatewayMetrics {

    private final Map<FailureReason, Counter> failures = new EnumMap<>(FailureReason.class);
    private final Map<Closing, Counter> closings = new EnumMap<>(Closing.class);
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<AnswerDefect, Counter> defects = new EnumMap<>(AnswerDefect.class);
    private final Map<Streams.Kind, Streams> streams = new EnumMap<>(Streams.Kind.class);
    private final Timer upstream;
    private final Counter retries;

    /** Why the gateway closes a connection before its client does. */
    enum Closing {
        /** Its address had as many as one may have. */
        CLIENT_LIMIT,
        /** All places were taken, by clients that do not keep the gateway waiting. */
        FULL,
        /** It kept the gateway waiting the longest when another client needed its place. */
        EVICTED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    GatewayMetrics(MeterRegistry registry, Tags tags) {
        for (Closing closing : Closing.values()) {
            closings.put(
                    closing,
                    Counter.builder("sidecar.gateway.connections.closed")
                            .description("Connections that the gateway closed because of its limits, by reason")
                            .tags(tags.and("reason", closing.label()))
                            .register(registry));
        }
        Gauge.builder("sidecar.gateway.connections", connections, AtomicInteger::get)
                .description("Clients that are connected")
                .tags(tags)
                .register(registry);
        for (FailureReason reason : FailureReason.values()) {
            failures.put(
                    reason,
                    Counter.builder("sidecar.gateway.failures")
                            .description("Requests that the gateway itself ended, by reason")
                            .tags(tags.and("reason", reason.label()))
                            .register(registry));
        }
        for (AnswerDefect defect : AnswerDefect.values()) {
            defects.put(
                    defect,
                    Counter.builder("sidecar.gateway.bad.answers")
                            .description("Answers of the API that were refused as malformed, by defect")
                            .tags(tags.and("defect", defect.label()))
                            .register(registry));
        }
        for (Streams.Kind kind : Streams.Kind.values()) {
            streams.put(kind, new Streams(registry, tags, kind));
        }
        upstream = Timer.builder("sidecar.gateway.upstream")
                .description("Waiting for the head of the API's answer")
                .tags(tags)
                .serviceLevelObjectives(Requests.durationBuckets())
                .register(registry);
        retries = Counter.builder("sidecar.gateway.retries")
                .description("Requests sent again because the API had closed the reused connection")
                .tags(tags)
                .register(registry);
    }

    void failed(FailureReason reason) {
        Objects.requireNonNull(failures.get(reason)).increment();
    }

    void badAnswer(AnswerDefect defect) {
        Objects.requireNonNull(defects.get(defect)).increment();
    }

    Streams streams(Streams.Kind kind) {
        return Objects.requireNonNull(streams.get(kind));
    }

    void closed(Closing why) {
        Objects.requireNonNull(closings.get(why)).increment();
    }

    /** Counts the clients that are connected; the gateway's limit is on it. */
    AtomicInteger connections() {
        return connections;
    }

    void answeredAfter(long nanos) {
        upstream.record(nanos, TimeUnit.NANOSECONDS);
    }

    void retried() {
        retries.increment();
    }
}
