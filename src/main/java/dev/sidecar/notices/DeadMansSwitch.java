package dev.sidecar.notices;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the Watchdog, the alert that always fires, does not arrive any more: then Prometheus, Alertmanager or the way between
 * is broken, and nobody would be told of anything. Says so once, then reminds, and says when it is over. Moves by the clock it is given
 * and does nothing by itself.
 *
 * <p>Nothing is kept over a restart: the start counts as a sign of life, so a restart raises no false alarm, and if the Watchdog is
 * still missing after the limit it is said again.
 */
public final class DeadMansSwitch {

    /** How it stands. */
    public enum State {
        /** There is no Alertmanager that could send a Watchdog. */
        OFF,
        /** None has arrived since the start, and the limit is not over. */
        WAITING,
        /** The last one is young enough. */
        WATCHED,
        /** It is missing. */
        OPEN
    }

    /** What to tell people. */
    enum Signal {
        MISSING,
        STILL_MISSING,
        BACK
    }

    /**
     * A view of it.
     *
     * @param state how it stands
     * @param lastReceived when the last Watchdog arrived; null if none did since the start
     * @param openSince since when it is known to be missing; null if it is not
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

    /** How it stands now. */
    public synchronized Status status() {
        State state = !watching
                ? State.OFF
                : openSince != null ? State.OPEN : lastReceived == null ? State.WAITING : State.WATCHED;
        return new Status(state, lastReceived, openSince);
    }

    /** A Watchdog has arrived. */
    public synchronized void beat() {
        lastReceived = clock.instant();
        lastSign = lastReceived;
    }

    /**
     * To be called every few seconds. @return what people should be told now; ask again with {@link #notSaid(Signal)} if nobody could
     * be told
     */
    synchronized Optional<Signal> check() {
        Instant now = clock.instant();
        boolean slept = Duration.between(lastCheck, now).abs().compareTo(limit) > 0;
        lastCheck = now;
        if (!watching) {
            return Optional.empty();
        }
        if (slept && openSince == null || lastSign.isAfter(now)) {
            // The machine was suspended or its clock was set: nothing could arrive, or the past is not what it was.
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

    /** Nobody could be told: it is said again at the next check but one minute. An end that could not be told is let go. */
    synchronized void notSaid(Signal signal) {
        if (signal != Signal.BACK && openSince != null) {
            lastSaid = clock.instant().minus(remindEvery).plus(Duration.ofMinutes(1));
        }
    }
}
