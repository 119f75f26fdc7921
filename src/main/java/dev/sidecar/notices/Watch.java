package dev.sidecar.notices;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.settings.Identity;
import java.time.Duration;
import java.time.Instant;

/** The job that asks the dead man's switch every few seconds and tells people what it says. */
final class Watch {

    private static final Duration EVERY = Duration.ofSeconds(15);
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final DeadMansSwitch deadMansSwitch;
    private final Notices notices;
    private final Identity identity;

    Watch(DeadMansSwitch deadMansSwitch, Notices notices, Identity identity) {
        this.deadMansSwitch = deadMansSwitch;
        this.notices = notices;
        this.identity = identity;
    }

    Job job() {
        return new Job("dead-mans-switch", Schedule.every(EVERY), LIMIT, run -> look());
    }

    Outcome look() throws InterruptedException {
        DeadMansSwitch.Signal signal = deadMansSwitch.check().orElse(null);
        if (signal == null) {
            return deadMansSwitch.status().state() == DeadMansSwitch.State.OFF
                    ? Outcome.skipped("there is no Alertmanager to watch")
                    : Outcome.success(
                            "it is " + deadMansSwitch.status().state().name().toLowerCase(java.util.Locale.ROOT));
        }
        if (notices.tell(notice(signal)) > 0) {
            return Outcome.success("people were told: " + signal);
        }
        deadMansSwitch.notSaid(signal);
        return Outcome.failure(
                notices.canTell()
                        ? "the Watchdog changed (" + signal + ") and nobody could be told"
                        : "the Watchdog changed (" + signal + ") and there is neither mail nor Slack to tell anybody");
    }

    private Notice notice(DeadMansSwitch.Signal signal) {
        DeadMansSwitch.Status status = deadMansSwitch.status();
        String where = identity.stack() + " on " + identity.host();
        if (signal == DeadMansSwitch.Signal.BACK) {
            return new Notice(
                    "[RESOLVED] " + where + ": the alarm system speaks again", """
                    The Watchdog arrives again, last at %s. Alerts reach people again; what fired meanwhile is sent now.
                    """.formatted(status.lastReceived()));
        }
        Instant last = status.lastReceived();
        String begin = signal == DeadMansSwitch.Signal.MISSING ? "[ALARM] " : "[STILL] ";
        return new Notice(begin + where + ": the alarm system is silent", """
                The Watchdog, an alert that always fires, has not arrived since %s%s.
                So Prometheus or Alertmanager is down, or they do not reach each other or this sidecar: nobody is told of any alert now.

                Look, in this order:
                1. Does Prometheus run, and does it show the alert Watchdog as firing?
                2. Does Alertmanager run, and does it know Watchdog? Its log says whether its webhook to the sidecar fails.
                3. Does the sidecar refuse the webhook (its log, status 401: wrong token)?

                Sent by the sidecar itself, past Alertmanager.
                """.formatted(
                status.openSince(), last == null ? " (the start of the sidecar; none arrived since then)" : ""));
    }
}
