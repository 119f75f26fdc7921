package dev.sidecar.alerts;

import dev.sidecar.alerts.Deliveries.Cause;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Counts deliveries and inhibitions. Names of receivers and rules come from Alertmanager, so their number is limited; the rest is {@code OTHER}. */
final class AlertMetrics {

    private static final int NAMES = 100;
    private static final String OTHER = "OTHER";

    private final MeterRegistry registry;
    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final Map<Tags, AtomicReference<Delivered>> last = new ConcurrentHashMap<>();

    private volatile @Nullable Deliveries deliveries;

    AlertMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (Cause cause : Cause.values()) {
            Gauge.builder("sidecar.alert.undelivered", () -> undelivered(cause))
                    .description("Firing alerts that a channel of their receiver did not accept, by cause")
                    .tag("cause", cause.label())
                    .register(registry);
        }
    }

    /** Shows what the last look at the deliveries found. */
    void looked(Deliveries found) {
        deliveries = found;
    }

    /** Shows nothing more: another sidecar looks. */
    void leave() {
        deliveries = null;
    }

    private double undelivered(Cause cause) {
        Deliveries last = deliveries;
        return last == null
                ? 0
                : Stream.concat(last.undelivered().stream(), last.unconfirmed().stream())
                        .filter(one -> one.missing().stream().anyMatch(missing -> missing.cause() == cause))
                        .count();
    }

    /** Counts a delivery by a channel. */
    void delivered(Delivered delivered) {
        Tags tags = Tags.of(
                "receiver", bounded(delivered.channel().receiver()),
                "integration", bounded(delivered.channel().integration()));
        Counter.builder("sidecar.alert.deliveries")
                .description("Notifications that Alertmanager reports as accepted")
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
        seconds("sidecar.alert.last.delivery.timestamp", "When the channel last accepted a notification", tags, () -> {
            Delivered delivered = newest.get();
            return delivered == null ? 0 : delivered.at().toEpochMilli() / 1000.0;
        });
        return newest;
    }

    /** Counts an inhibited alert. */
    void muted(Muted muted) {
        for (String rule : muted.rules()) {
            Counter.builder("sidecar.alert.inhibited")
                    .description("How often Alertmanager reported that an inhibition rule mutes an alert")
                    .tag("rule", bounded(rule))
                    .register(registry)
                    .increment();
        }
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
