package dev.sidecar.notices;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the Watchdog, the alert that always fires, no longer arrives: then Prometheus, Alertmanager or the connection between them
 * is broken, and no alert reaches anyone. It signals once, then reminds, and signals the end. It moves by the clock that it is given and
 * does nothing by itself.
 *
 * <p>It keeps nothing over a restart. The start counts as a sign of life, so a restart raises no false alarm; if the Watchdog is still
 * missing after the limit, it signals again.
 */
public final class DeadMansSwitch {

    /** The state of the switch. */
    public enum State {
        /** Alertmanager is not configured, so no Watchdog is expected. */
        OFF,
        /** No Watchdog has arrived since the start, and the limit has not passed. */
        WAITING,
        /** The last Watchdog arrived within the limit. */
        WATCHED,
        /** The Watchdog is missing. */
        OPEN
    }

    /** A change that people should know of. */
    enum Signal {
        MISSING,
        STILL_MISSING,
        BACK
    }

    /**
     * The state of the switch with its times.
     *
     * @param state the state
     * @param lastReceived when the last Watchdog arrived; null if none did since the start
     * @param openSince since when it has been missing; null if it is not
     */
    public record Status(
            State state,
            @Nullable Instant lastReceived,
            @Nullable Instant openSince) {}

    private final Clock clock;
    private final Duration limit;
    private final Duration remindEvery;
    private final boolean watching;

    private Instant lastSign;
    private Instant lastCheck;
    private @Nullable Instant lastReceived;
    private @Nullable Instant openSince;
    private @Nullable Instant lastSaid;

    DeadMansSwitch(Clock clock, Duration limit, Duration remindEvery, boolean watching) {
        this.clock = clock;
        this.limit = limit;
        this.remindEvery = remindEvery;
        this.watching = watching;
        this.lastSign = clock.instant();
        this.lastCheck = lastSign;
    }

    /** Reads the current state. */
    public synchronized Status status() {
        State state = !watching
                ? State.OFF
                : openSince != null ? State.OPEN : lastReceived == null ? State.WAITING : State.WATCHED;
        return new Status(state, lastReceived, openSince);
    }

    /** Records that a Watchdog arrived. */
    public synchronized void beat() {
        lastReceived = clock.instant();
        lastSign = lastReceived;
    }

    /** Begins anew, as after a start: another sidecar is on duty, and the Watchdog need not arrive here. */
    synchronized void leave() {
        lastSign = clock.instant();
        lastCheck = lastSign;
        lastReceived = null;
        openSince = null;
        lastSaid = null;
    }

    /**
     * Checks for a change; call it every few seconds. @return what people should know now; call {@link #notSaid(Signal)} if the notice
     * reached nobody
     */
    synchronized Optional<Signal> check() {
        Instant now = clock.instant();
        boolean slept = Duration.between(lastCheck, now).abs().compareTo(limit) > 0;
        lastCheck = now;
        if (!watching) {
            return Optional.empty();
        }
        if (slept && openSince == null || lastSign.isAfter(now)) {
            // The machine was suspended or its clock was set: no Watchdog could arrive, or the recorded times are
            // wrong.
            lastSign = now;
        }
        boolean missing = Duration.between(lastSign, now).compareTo(limit) > 0;
        if (missing && openSince == null) {
            openSince = lastSign;
            lastSaid = now;
            return Optional.of(Signal.MISSING);
        }
        if (missing && lastSaid != null && Duration.between(lastSaid, now).compareTo(remindEvery) >= 0) {
            lastSaid = now;
            return Optional.of(Signal.STILL_MISSING);
        }
        if (!missing && openSince != null) {
            openSince = null;
            lastSaid = null;
            return Optional.of(Signal.BACK);
        }
        return Optional.empty();
    }

    /** Records that the notice reached nobody: the signal repeats after a minute, except for the end, which is dropped. */
    synchronized void notSaid(Signal signal) {
        if (signal != Signal.BACK && openSince != null) {
            lastSaid = clock.instant().minus(remindEvery).plus(Duration.ofMinutes(1));
        }
    }
}
