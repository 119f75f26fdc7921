package dev.sidecar.logs;

import java.time.Duration;
import java.time.Instant;

/**
 * A stretch of time in which lines are looked for.
 *
 * @param from its beginning
 * @param to its end
 */
public record Window(Instant from, Instant to) {

    /** The time up to a moment. */
    public static Window before(Instant end, Duration length) {
        return new Window(end.minus(length), end);
    }

    /** The time on both sides of a moment. */
    public static Window around(Instant moment, Duration eachSide) {
        return new Window(moment.minus(eachSide), moment.plus(eachSide));
    }
}
