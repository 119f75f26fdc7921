package dev.sidecar.access;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Counts the requests that were refused, by reason. */
final class AccessMetrics {

    enum Refusal {
        PASSWORD,
        LOCKED,
        WEBHOOK_TOKEN,
        METRICS_TOKEN,
        API_TOKEN,
        ISSUER
    }

    private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);

    AccessMetrics(MeterRegistry registry) {
        for (Refusal refusal : Refusal.values()) {
            refused.put(
                    refusal,
                    Counter.builder("sidecar.access.refused")
                            .description("Requests to the control plane that were not let in")
                            .tag("reason", refusal.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    void refused(Refusal refusal) {
        Objects.requireNonNull(refused.get(refusal)).increment();
    }
}
