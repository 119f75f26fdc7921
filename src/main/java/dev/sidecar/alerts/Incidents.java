package dev.sidecar.alerts;

import dev.sidecar.alerts.AlertmanagerConfig.Timing;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers of each alert that fires, or fired lately, which channels took it. An alert that fires again before Alertmanager would have
 * said that it ended is the same incident.
 */
final class Incidents {

    /** Labels come from outside, so their number is limited. */
    private static final int MOST = 2_000;

    private static final Duration KEPT = Duration.ofHours(1);

    private final Clock clock;
    private final Instant listeningSince;
    private final Map<Map<String, String>, Incident> byLabels = new LinkedHashMap<>();
    private final Map<String, Instant> lastOfGroup = new HashMap<>();
    private @Nullable Instant lastEvent;

    Incidents(Clock clock) {
        this.clock = clock;
        this.listeningSince = clock.instant();
    }

    /** From when on no event of Alertmanager's was missed because this process was not there. */
    Instant listeningSince() {
        return listeningSince;
    }

    /** Notes that Alertmanager's event recorder works. */
    synchronized void heard() {
        lastEvent = clock.instant();
    }

    synchronized Optional<Instant> lastEvent() {
        return Optional.ofNullable(lastEvent);
    }

    /** Notes that a channel took a notification of this alert. */
    synchronized void told(Channel channel, Map<String, String> labels, Instant began, boolean resolved) {
        Incident incident = byLabels.get(labels);
        if (resolved) {
            if (incident != null) {
                incident.told.remove(channel);
            }
            return;
        }
        if (incident == null && byLabels.size() < MOST) {
            incident = new Incident(labels, began, clock.instant());
            byLabels.put(labels, incident);
        }
        if (incident != null) {
            incident.toldBy(channel, began);
        }
    }

    /** Notes that Alertmanager notified a receiver of a group. */
    synchronized void delivered(String receiver, Map<String, String> group, Instant at) {
        if (lastOfGroup.size() < MOST || lastOfGroup.containsKey(key(receiver, group))) {
            lastOfGroup.put(key(receiver, group), at);
        }
    }

    synchronized Optional<Instant> lastOf(String receiver, Map<String, String> group) {
        return Optional.ofNullable(lastOfGroup.get(key(receiver, group)));
    }

    private static String key(String receiver, Map<String, String> group) {
        return receiver + " " + new TreeMap<>(group);
    }

    /** Notes that an inhibition or a silence kept Alertmanager from notifying of this alert. */
    synchronized void muted(Map<String, String> labels) {
        Incident incident = byLabels.get(labels);
        if (incident != null) {
            incident.lastMuted = clock.instant();
        }
    }

    /**
     * Notes what Alertmanager lists now.
     *
     * @param before what it had counted the time before; null if that is not known
     */
    synchronized void see(Collection<FiringAlert> firing, AlertmanagerConfig config, @Nullable Attempts before) {
        Instant now = clock.instant();
        for (FiringAlert alert : firing) {
            Incident incident = byLabels.get(alert.labels());
            if (incident == null) {
                if (byLabels.size() >= MOST) {
                    continue;
                }
                incident = new Incident(alert.labels(), alert.since(), now);
                byLabels.put(alert.labels(), incident);
            } else if (alert.since().isAfter(incident.since.plusMillis(1))) {
                if (alert.since().isAfter(incident.lastSeen.plus(longestBreak(alert, config)))) {
                    incident.beginAgain(alert.since());
                } else {
                    incident.since = alert.since();
                }
            }
            incident.firstSeenAfter(before);
            incident.lastSeen = now;
            if (alert.muted()) {
                incident.lastMuted = now;
            }
        }
        byLabels.values().removeIf(incident -> incident.lastSeen.plus(KEPT).isBefore(now));
        lastOfGroup.values().removeIf(at -> at.plus(KEPT).isBefore(now));
    }

    /** Alertmanager looks at a group once in each interval: it does not see an end that lasts for less. */
    private static Duration longestBreak(FiringAlert alert, AlertmanagerConfig config) {
        return alert.receivers().stream()
                .map(receiver -> config.timing(receiver).groupInterval())
                .max(Duration::compareTo)
                .orElse(Timing.STANDARD.groupInterval());
    }

    synchronized Optional<Incident> of(FiringAlert alert) {
        return Optional.ofNullable(byLabels.get(alert.labels()));
    }

    synchronized List<Incident> all() {
        return List.copyOf(byLabels.values());
    }

    /** Takes over what a process before this one knew. */
    synchronized void add(Incident incident) {
        if (byLabels.size() < MOST) {
            byLabels.putIfAbsent(incident.labels, incident);
        }
    }
}
