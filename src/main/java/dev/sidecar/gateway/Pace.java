package dev.sidecar.gateway;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Watches that a client keeps a least rate for as long as everybody waits for it. Stretches in which nobody does are not counted. */
final class Pace {

    /** The part of an exchange that waits for the client. */
    enum Of {
        REQUEST,
        ANSWER
    }

    private final long window;
    private final long least;
    private @Nullable Of of;
    private long since;
    private long before;

    Pace(Duration window, long bytesPerSecond) {
        this.window = window.toNanos();
        this.least = Math.round(bytesPerSecond * (window.toNanos() / 1e9));
    }

    /** The next look is one that counts. */
    boolean isDue(long now) {
        return of != null && now - since >= window;
    }

    /**
     * Looks once more.
     *
     * @param awaited what waits for the client; null if nothing does
     * @param moved bytes of it that the client has sent or taken so far
     * @return true if less than the least has moved in the whole of the last window
     */
    boolean isTooSlow(long now, @Nullable Of awaited, long moved) {
        if (awaited != of) {
            of = awaited;
            since = now;
            before = moved;
            return false;
        }
        if (awaited == null || now - since < window) {
            return false;
        }
        boolean slow = moved - before < least;
        since = now;
        before = moved;
        return slow;
    }
}
