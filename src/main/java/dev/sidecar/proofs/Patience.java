package dev.sidecar.proofs;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Looks again and again until something is seen or the time is over. */
public final class Patience {

    private static final Duration PAUSE = Duration.ofMillis(250);

    private final Duration limit;
    private final long began = System.nanoTime();

    public Patience(Duration limit) {
        this.limit = limit;
    }

    /** @return what was looked at last, whether it was the thing or not */
    public <T> T until(Supplier<T> look, Predicate<T> seen) throws InterruptedException {
        T value = look.get();
        while (!seen.test(value) && waited().compareTo(limit) < 0) {
            Thread.sleep(PAUSE.toMillis());
            value = look.get();
        }
        return value;
    }

    Duration waited() {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** In seconds with one digit, for evidence. */
    public String seconds() {
        return "%.1f s".formatted(waited().toMillis() / 1000.0);
    }
}
