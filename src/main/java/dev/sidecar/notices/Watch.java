package dev.sidecar.notices;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Sharing;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.settings.Identity;
import java.time.Duration;
import java.time.Instant;

/** Runs the job that checks the dead man's switch every few seconds and notifies people of a change. */
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
        return new Job("dead-mans-switch", Schedule.every(EVERY), LIMIT, run -> look())
                .onDuty(new Sharing(false, why -> {
                    deadMansSwitch.leave();
                    return Outcome.skipped(why);
                }));
    }

    Outcome look() throws InterruptedException {
        DeadMansSwitch.Signal signal = deadMansSwitch.check().orElse(null);
        if (signal == null) {
            return deadMansSwitch.status().state() == DeadMansSwitch.State.OFF
                    ? Outcome.skipped("Alertmanager is not configured")
                    : Outcome.success("the dead man's switch is "
                            + deadMansSwitch.status().state().name().toLowerCase(java.util.Locale.ROOT));
        }
        if (notices.tell(notice(signal)) > 0) {
            return Outcome.success("notice sent: " + signal);
        }
        deadMansSwitch.notSaid(signal);
        return Outcome.failure(
                notices.canTell()
                        ? "the Watchdog changed (" + signal + "), but no receiver accepted the notice"
                        : "the Watchdog changed (" + signal
                                + "), but no channel is configured for the sidecar's own notices");
    }

    private Notice notice(DeadMansSwitch.Signal signal) {
        DeadMansSwitch.Status status = deadMansSwitch.status();
        String where = identity.stack() + " on " + identity.host();
        if (signal == DeadMansSwitch.Signal.BACK) {
            return new Notice("[RESOLVED] " + where + ": alerting works again", """
                    The Watchdog arrives again, last at %s. Alerts reach you again; those that fired meanwhile are sent now.
                    """.formatted(status.lastReceived()))
                    .calm();
        }
        Instant last = status.lastReceived();
        String begin = signal == DeadMansSwitch.Signal.MISSING ? "[ALARM] " : "[STILL] ";
        return new Notice(begin + where + ": alerting is down", """
                The Watchdog, an alert that always fires, has not arrived since %s%s.
                Prometheus or Alertmanager is down, or they cannot reach each other or this sidecar. You receive no alerts until this is fixed.

                Check in this order:
                1. Is Prometheus running, and does it show the alert Watchdog as firing?
                2. Is Alertmanager running, and does it list Watchdog? Its log shows whether its webhook to the sidecar fails.
                3. Does the sidecar reject the webhook? Status 401 in its log means a wrong token.

                Sent by the sidecar itself, without Alertmanager.
                """.formatted(
                        status.openSince(), last == null ? " (the start of the sidecar; none has arrived since)" : ""));
    }
}
