package dev.sidecar.loki;

import java.time.Duration;
import java.time.Instant;

/**
 * A stretch of time to look for lines in.
 *
 * @param from its beginning
 * @param to its end
 */
public record Window(Instant from, Instant to) {

    /** Makes the window that ends at a moment. */
    public static Window before(Instant end, Duration length) {
        return new Window(end.minus(length), end);
    }

    /** Makes the window on both sides of a moment. */
    public static Window around(Instant moment, Duration eachSide) {
        return new Window(moment.minus(eachSide), moment.plus(eachSide));
    }
}
