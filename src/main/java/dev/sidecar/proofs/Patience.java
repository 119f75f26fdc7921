package dev.sidecar.proofs;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Polls until a condition is true or a time limit has passed. */
public final class Patience {

    private static final Duration PAUSE = Duration.ofMillis(250);

    private final Duration limit;
    private final Duration pause;
    private final long began = System.nanoTime();

    public Patience(Duration limit) {
        this(limit, PAUSE);
    }

    /** @param pause between two looks, for a program of somebody else */
    public Patience(Duration limit, Duration pause) {
        this.limit = limit;
        this.pause = pause;
    }

    /** Polls. @return the last value, whether it satisfies the condition or not */
    public <T> T until(Supplier<T> look, Predicate<T> seen) throws InterruptedException {
        T value = look.get();
        while (!seen.test(value) && waited().compareTo(limit) < 0) {
            Thread.sleep(pause.toMillis());
            value = look.get();
        }
        return value;
    }

    Duration waited() {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Writes the time waited as evidence, in seconds with one decimal. */
    public String seconds() {
        return "%.1f s".formatted(waited().toMillis() / 1000.0);
    }
}
