package dev.sidecar.alerts;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** The meters of alerts. Names of receivers and rules come from Alertmanager, so their number is limited; the rest is {@code OTHER}. */
final class AlertMetrics {

    private static final int NAMES = 100;
    private static final String OTHER = "OTHER";

    private final MeterRegistry registry;
    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final Map<Tags, AtomicReference<Delivered>> last = new ConcurrentHashMap<>();

    AlertMetrics(MeterRegistry registry, DeadMansSwitch deadMansSwitch, Iterable<String> receivers) {
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
            for (Reason reason : Reason.values()) {
                failed(receiver, reason);
            }
        }
        for (Suppression suppression : Suppression.values()) {
            suppressed(suppression);
        }
    }

    /** Why a direct notice was not even tried. */
    enum Suppression {
        DUPLICATE,
        RATE_LIMITED
    }

    /** Alertmanager has delivered by a channel. */
    void delivered(Delivered delivered) {
        Tags tags = Tags.of(
                "receiver", bounded(delivered.channel().receiver()),
                "integration", bounded(delivered.channel().integration()));
        Counter.builder("sidecar.alert.deliveries")
                .description("Notifications that Alertmanager says were taken")
                .tags(tags)
                .register(registry)
                .increment();
        AtomicReference<Delivered> newest = last.computeIfAbsent(tags, this::lastDelivery);
        newest.set(delivered);
        if (delivered.took() != null) {
            registry.timer("sidecar.alert.delivery", tags).record(delivered.took());
        }
    }

    private AtomicReference<Delivered> lastDelivery(Tags tags) {
        AtomicReference<Delivered> newest = new AtomicReference<>();
        seconds("sidecar.alert.last.delivery.timestamp", "When the channel last took a notification", tags, () -> {
            Delivered delivered = newest.get();
            return delivered == null ? 0 : delivered.at().toEpochMilli() / 1000.0;
        });
        return newest;
    }

    /** Alertmanager has kept an alert back. */
    void muted(Muted muted) {
        for (String rule : muted.rules()) {
            Counter.builder("sidecar.alert.inhibited")
                    .description("How often Alertmanager said that an inhibition rule mutes an alert")
                    .tag("rule", bounded(rule))
                    .register(registry)
                    .increment();
        }
    }

    /** The sidecar's own notice was taken, or given up. */
    void told(String receiver, boolean delivered) {
        notifications(receiver, delivered).increment();
    }

    /** One attempt failed. */
    void attemptFailed(String receiver, Reason reason) {
        failed(receiver, reason).increment();
    }

    void suppressedBecause(Suppression suppression) {
        suppressed(suppression).increment();
    }

    private Counter notifications(String receiver, boolean delivered) {
        return Counter.builder("sidecar.notifications")
                .description("The sidecar's own notices by how they ended")
                .tag("receiver", receiver)
                .tag("outcome", delivered ? "success" : "failure")
                .register(registry);
    }

    private Counter failed(String receiver, Reason reason) {
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

    private String bounded(String name) {
        if (names.contains(name)) {
            return name;
        }
        return names.size() < NAMES && names.add(name) ? name : OTHER;
    }

    private void seconds(String name, String description, Tags tags, java.util.function.Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .baseUnit("seconds")
                .tags(tags)
                .register(registry);
    }
}
