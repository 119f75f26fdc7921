package dev.sidecar.gateway;

import dev.sidecar.requests.Requests;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Measures what only a gateway sees: failures by reason, waiting for the upstream, requests sent again. */
final class GatewayMetrics {

    private final Map<FailureReason, Counter> failures = new EnumMap<>(FailureReason.class);
    private final Timer upstream;
    private final Counter retries;

    GatewayMetrics(MeterRegistry registry, Tags tags) {
        for (FailureReason reason : FailureReason.values()) {
            failures.put(
                    reason,
                    Counter.builder("sidecar.gateway.failures")
                            .description("Requests that the gateway itself ended, by reason")
                            .tags(tags.and("reason", reason.label()))
                            .register(registry));
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

    void answeredAfter(long nanos) {
        upstream.record(nanos, TimeUnit.NANOSECONDS);
    }

    void retried() {
        retries.increment();
    }
}
