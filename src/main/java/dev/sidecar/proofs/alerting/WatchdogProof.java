package dev.sidecar.proofs.alerting;

import dev.sidecar.notices.DeadMansSwitch;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;

final class WatchdogProof implements Proof {

    private final DeadMansSwitch deadMansSwitch;
    private final Clock clock;

    WatchdogProof(DeadMansSwitch deadMansSwitch, Clock clock) {
        this.deadMansSwitch = deadMansSwitch;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-1",
                Area.ALERTING,
                "The Watchdog arrives: an alert gets from Prometheus through Alertmanager to the sidecar.",
                Duration.ofMinutes(1));
    }

    /** Alertmanager tells one sidecar. */
    @Override
    public boolean isForOneOnly() {
        return true;
    }

    @Override
    public Finding prove() {
        DeadMansSwitch.Status status = deadMansSwitch.status();
        return switch (status.state()) {
            case OFF -> throw new NotConfigured("Alertmanager is not configured: set sidecar.alerts.alertmanager-url.");
            case WAITING ->
                Finding.inconclusive(
                        "No Watchdog has arrived since the sidecar started; the time limit has not passed yet.");
            case OPEN ->
                Finding.broken(
                        "The Watchdog has been missing since %s: alerts may not reach anyone.",
                        Objects.requireNonNull(status.openSince()));
            case WATCHED ->
                Finding.held(
                        "The last Watchdog arrived %s ago.",
                        Durations.of(Duration.between(status.lastReceived(), clock.instant())));
        };
    }
}
