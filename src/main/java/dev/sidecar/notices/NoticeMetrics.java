package dev.sidecar.notices;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Instant;

/** Counts the sidecar's own notices and shows the state of the dead man's switch. */
final class NoticeMetrics {

    private final MeterRegistry registry;

    NoticeMetrics(MeterRegistry registry, DeadMansSwitch deadMansSwitch, Iterable<String> receivers) {
        this.registry = registry;
        seconds(
                "sidecar.watchdog.last.received.timestamp",
                "When the Watchdog last arrived, 0 if not since the start",
                Tags.empty(),
                () -> {
                    Instant received = deadMansSwitch.status().lastReceived();
                    return received == null ? 0 : received.toEpochMilli() / 1000.0;
                });
        Gauge.builder(
                        "sidecar.dead.mans.switch.open",
                        () -> deadMansSwitch.status().openSince() == null ? 0 : 1)
                .description("1 while the Watchdog is missing")
                .register(registry);
        for (String receiver : receivers) {
            notifications(receiver, true);
            notifications(receiver, false);
            for (DeliveryProblem reason : DeliveryProblem.values()) {
                failed(receiver, reason);
            }
        }
        for (Suppression suppression : Suppression.values()) {
            suppressed(suppression);
        }
    }

    /** The reason why a direct notice was not sent. */
    enum Suppression {
        DUPLICATE,
        RATE_LIMITED
    }

    /** Counts a notice that was delivered, or given up. */
    void told(String receiver, boolean delivered) {
        notifications(receiver, delivered).increment();
    }

    /** Counts a failed attempt. */
    void attemptFailed(String receiver, DeliveryProblem reason) {
        failed(receiver, reason).increment();
    }

    void suppressedBecause(Suppression suppression) {
        suppressed(suppression).increment();
    }

    private Counter notifications(String receiver, boolean delivered) {
        return Counter.builder("sidecar.notifications")
                .description("The sidecar's own notices, by outcome")
                .tag("receiver", receiver)
                .tag("outcome", delivered ? "success" : "failure")
                .register(registry);
    }

    private Counter failed(String receiver, DeliveryProblem reason) {
        return Counter.builder("sidecar.notifications.failed")
                .description("Failed attempts to deliver the sidecar's own notices")
                .tag("receiver", receiver)
                .tag("reason", reason.label())
                .register(registry);
    }

    private Counter suppressed(Suppression suppression) {
        return Counter.builder("sidecar.notifications.suppressed")
                .description("Direct notices not sent as they repeat another or are too many")
                .tag("reason", suppression.name().toLowerCase(java.util.Locale.ROOT))
                .register(registry);
    }

    private void seconds(String name, String description, Tags tags, java.util.function.Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .baseUnit("seconds")
                .tags(tags)
                .register(registry);
    }
}
