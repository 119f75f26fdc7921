package dev.sidecar.alerts;

import dev.sidecar.alerts.Deliveries.Cause;
import dev.sidecar.alerts.Deliveries.Undelivered;
import dev.sidecar.alerts.Incident.Told;
import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Sharing;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.notices.DeadMansSwitch;
import dev.sidecar.notices.Notice;
import dev.sidecar.notices.Notices;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.settings.Identity;
import dev.sidecar.text.HostileText;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tells people directly of alerts that Alertmanager did not deliver: each once for each channel and cause, again only after the route's
 * repeat interval, and all that are due in one notice. Of the end of such an alert it tells those whom nobody else does.
 */
final class DirectTelling implements AutoCloseable {

    private static final Duration EVERY = Duration.ofSeconds(15);
    private static final Duration LIMIT = Duration.ofMinutes(10);
    /** Between two notices, however many alerts begin meanwhile. */
    private static final Duration PAUSE = Duration.ofMinutes(5);

    private static final Duration FIRST_RETRY = Duration.ofMinutes(1);
    private static final Duration LAST_RETRY = Duration.ofMinutes(15);
    /** Alertmanager knows nothing for a moment after its own start; Prometheus tells it of every alert once a minute. */
    private static final Duration OVER_AFTER = Duration.ofMinutes(3);

    private static final Duration KEEP_EVERY = Duration.ofMinutes(1);
    private static final int LISTED = 10;
    private static final int LONGEST = 300;

    private final DeliveryCheck check;
    private final Incidents incidents;
    private final IncidentsFile file;
    private final Notices notices;
    private final DeadMansSwitch deadMansSwitch;
    private final AlertMetrics metrics;
    private final Identity identity;
    private final Clock clock;
    private Instant nextAllowed = Instant.MIN;
    private Instant nextKept = Instant.MIN;
    private Duration retry = FIRST_RETRY;

    /** Its collaborators besides the check: the memory of incidents and its file, and the ways to people. */
    record Means(
            Incidents incidents,
            IncidentsFile file,
            Notices notices,
            DeadMansSwitch deadMansSwitch,
            AlertMetrics metrics) {}

    DirectTelling(DeliveryCheck check, Means means, Identity identity, Clock clock) {
        this.check = check;
        this.incidents = means.incidents();
        this.file = means.file();
        this.notices = means.notices();
        this.deadMansSwitch = means.deadMansSwitch();
        this.metrics = means.metrics();
        this.identity = identity;
        this.clock = clock;
        file.readInto(incidents);
    }

    Job job() {
        return new Job("alert-receipts", Schedule.every(EVERY), LIMIT, run -> look()).onDuty(new Sharing(false, why -> {
            metrics.leave();
            return Outcome.skipped(why);
        }));
    }

    Outcome look() throws InterruptedException {
        Deliveries deliveries;
        try {
            deliveries = check.look();
        } catch (NotConfigured | PeerUnavailable e) {
            return Outcome.skipped(String.valueOf(e.getMessage()));
        }
        metrics.looked(deliveries);
        Outcome outcome = tell(deliveries);
        if (!clock.instant().isBefore(nextKept)) {
            keep();
        }
        return outcome;
    }

    private Outcome tell(Deliveries deliveries) throws InterruptedException {
        Instant now = clock.instant();
        List<Undelivered> due =
                deliveries.undelivered().stream().filter(one -> isDue(one, now)).toList();
        List<Incident> over = over(now);
        if (due.isEmpty() && over.isEmpty()) {
            return Outcome.success("%d alerts not delivered, %d unconfirmed"
                    .formatted(
                            deliveries.undelivered().size(),
                            deliveries.unconfirmed().size()));
        }
        if (!notices.canTell()) {
            return Outcome.skipped(
                    "%d alerts were not delivered, and no channel is configured for the sidecar's own notices"
                            .formatted(due.size()));
        }
        if (now.isBefore(nextAllowed)) {
            return Outcome.success("the next notice waits until " + nextAllowed);
        }
        if (!due.isEmpty()) {
            return sent(notices.tell(begun(due)) > 0, () -> due.forEach(one -> told(one, now)));
        }
        return sent(notices.tell(ended(over)) > 0, () -> over.forEach(one -> one.toldDirectly.clear()));
    }

    private Outcome sent(boolean accepted, Runnable note) {
        Instant now = clock.instant();
        if (!accepted) {
            nextAllowed = now.plus(retry);
            retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
            return Outcome.failure("alerts were not delivered, and no receiver accepted the notice of that");
        }
        note.run();
        retry = FIRST_RETRY;
        nextAllowed = now.plus(PAUSE);
        keep();
        return Outcome.success("notice sent");
    }

    private boolean isDue(Undelivered one, Instant now) {
        Map<Told, Instant> told = incidents
                .of(one.alert())
                .<Map<Told, Instant>>map(incident -> incident.toldDirectly)
                .orElse(Map.of());
        return causes(one).stream()
                .anyMatch(cause -> !told.containsKey(cause)
                        || !told.get(cause).plus(one.repeatInterval()).isAfter(now));
    }

    private void told(Undelivered one, Instant now) {
        incidents
                .of(one.alert())
                .ifPresent(incident -> causes(one).forEach(cause -> incident.toldDirectly.put(cause, now)));
    }

    private static List<Told> causes(Undelivered one) {
        return one.missing().stream()
                .filter(missing -> missing.cause() != Cause.UNKNOWN)
                .map(missing -> new Told(missing.where(), missing.cause()))
                .toList();
    }

    /** While the Watchdog is missing, that an alert is gone means nothing. */
    private List<Incident> over(Instant now) {
        if (deadMansSwitch.status().state() == DeadMansSwitch.State.OPEN) {
            return List.of();
        }
        return incidents.all().stream()
                .filter(incident -> incident.lastSeen.plus(OVER_AFTER).isBefore(now) && incident.isOnlyToldDirectly())
                .toList();
    }

    private Notice begun(List<Undelivered> due) {
        String what = due.size() == 1
                ? field(due.get(0).name()) + place(due.get(0).alert().labels()) + " was not delivered"
                : due.size() + " alerts were not delivered";
        return new Notice(
                "[UNDELIVERED] %s on %s: %s".formatted(identity.stack(), identity.host(), what), """
                These alerts fire, and Alertmanager did not deliver them%s:

                %s
                Check in this order:
                1. Alertmanager's log names each attempt that failed, and why.
                2. The console's page Alerts lists what is not delivered now; its drills test each route.
                3. If Alertmanager did not try, restart it without its notification log (the file nflog); it tells of everything again.

                Sent by the sidecar itself, without Alertmanager.
                """.formatted(
                        more(due.size()),
                        due.stream().limit(LISTED).map(DirectTelling::entry).collect(Collectors.joining("\n"))));
    }

    private static String entry(Undelivered one) {
        return """
                %s, %s%s: %s
                Firing since %s
                %s
                """.formatted(
                        field(one.name()),
                        field(one.alert().labels().getOrDefault("severity", "no severity")),
                        place(one.alert().labels()),
                        field(one.alert().annotations().getOrDefault("summary", "no summary")),
                        one.began(),
                        one.missing().stream()
                                .map(missing -> "Not delivered by " + field(missing.toString()))
                                .collect(Collectors.joining("\n")));
    }

    private Notice ended(List<Incident> over) {
        String what = over.size() == 1
                ? name(over.get(0)) + place(over.get(0).labels) + " no longer fires"
                : over.size() + " alerts no longer fire";
        return new Notice("[RESOLVED] %s on %s: %s".formatted(identity.stack(), identity.host(), what), """
                These alerts no longer fire%s. The sidecar had told you of them itself:

                %s
                Sent by the sidecar itself, without Alertmanager.
                """.formatted(
                                more(over.size()),
                                over.stream()
                                        .limit(LISTED)
                                        .map(incident -> "%s%s, last seen at %s\n"
                                                .formatted(name(incident), place(incident.labels), incident.lastSeen))
                                        .collect(Collectors.joining())))
                .calm();
    }

    private static String name(Incident incident) {
        return field(incident.labels.getOrDefault("alertname", "an alert without a name"));
    }

    private static String place(Map<String, String> labels) {
        String service = labels.getOrDefault("service", "");
        String host = labels.getOrDefault("host", "");
        return (service.isEmpty() ? "" : " " + field(service)) + (host.isEmpty() ? "" : " on " + field(host));
    }

    private static String more(int all) {
        return all > LISTED ? " (%d; the first %d are here)".formatted(all, LISTED) : "";
    }

    /** Labels and texts come from whoever writes metrics: each stays within its line. */
    private static String field(String text) {
        String line = HostileText.line(text);
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }

    private void keep() {
        nextKept = clock.instant().plus(KEEP_EVERY);
        file.write(incidents);
    }

    /** Keeps what arrived since the last check as well. */
    @Override
    public void close() {
        if (nextKept.isAfter(Instant.MIN)) {
            keep();
        }
    }
}
