package dev.sidecar.alerts;

import dev.sidecar.alerts.Deliveries.Cause;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** One alert for as long as it keeps firing, with short breaks: which channels took it, and what the sidecar told people itself. */
final class Incident {

    /** A notice of the sidecar: which channel did not accept the alert, and why. */
    record Told(String where, Cause cause) {}

    final Map<String, String> labels;
    /** When each channel's newest notification of it says that it began; without those channels that took its end. */
    final Map<Channel, Instant> told = new ConcurrentHashMap<>();
    /** When the sidecar told people itself, by what was missing. */
    final Map<Told, Instant> toldDirectly = new ConcurrentHashMap<>();

    volatile Instant began;
    /** When it last began; later than {@link #began} after a short break. */
    volatile Instant since;

    volatile Instant lastSeen;
    volatile Instant lastMuted = Instant.EPOCH;

    private final Set<String> took = ConcurrentHashMap.newKeySet();
    private boolean looked;
    private @Nullable Attempts before;

    Incident(Map<String, String> labels, Instant since, Instant now) {
        this.labels = labels;
        this.began = since;
        this.since = since;
        this.lastSeen = now;
    }

    /** Begins anew after an end: what people were told is of the past. */
    void beginAgain(Instant when) {
        began = when;
        since = when;
        toldDirectly.clear();
        took.clear();
        looked = false;
        before = null;
    }

    void toldBy(Channel channel, Instant when) {
        told.put(channel, when);
        took.add(channel.toString());
    }

    /** An alert of which only the sidecar notified people, so that only the sidecar can tell them of its end. */
    boolean isOnlyToldDirectly() {
        return toldDirectly.keySet().stream().anyMatch(missing -> !took.contains(missing.where()));
    }

    /** Notes the counts before it was first seen; only the first call counts. */
    void firstSeenAfter(@Nullable Attempts counts) {
        if (!looked) {
            looked = true;
            before = counts;
        }
    }

    /** Alertmanager's counts before the alert was seen; empty if there was no check then. */
    Optional<Attempts> before() {
        return Optional.ofNullable(before);
    }

    /** A channel told people of it since it began. */
    boolean isToldBy(Channel channel) {
        Instant when = told.get(channel);
        // The event has nanoseconds, the API has milliseconds.
        return when != null && !when.isBefore(began.minusMillis(1));
    }
}
