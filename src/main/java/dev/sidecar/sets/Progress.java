package dev.sidecar.sets;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Tracks the progress of long work. Any thread may write it, and any other may read it. */
public final class Progress {

    private final Clock clock;
    private final AtomicLong done = new AtomicLong();
    private volatile Stage stage;

    public Progress(Clock clock) {
        this.clock = clock;
        stage = new Stage("starting", 0, clock.instant());
    }

    /** Starts a stage. @param expectedBytes 0 if unknown */
    public void begin(String what, long expectedBytes) {
        done.set(0);
        stage = new Stage(what, expectedBytes, clock.instant());
    }

    /** Adds bytes done in this stage. */
    public void add(long bytes) {
        done.addAndGet(bytes);
    }

    /** Returns the progress at this moment. */
    public View now() {
        Stage current = stage;
        return new View(
                current.what, done.get(), current.expectedBytes, Duration.between(current.since, clock.instant()));
    }

    private record Stage(String what, long expectedBytes, Instant since) {}

    /**
     * Describes the progress at one moment.
     *
     * @param stage the work of the stage, such as "dumping shop"
     * @param bytes done in this stage
     * @param expectedBytes the estimated total; 0 if unknown
     * @param elapsed since the stage began
     */
    public record View(String stage, long bytes, long expectedBytes, Duration elapsed) {

        /** Returns 0 to 99, as the total is an estimate; empty if unknown. */
        public Optional<Integer> percent() {
            return expectedBytes <= 0 ? Optional.empty() : Optional.of((int) Math.min(99, bytes * 100 / expectedBytes));
        }

        /** Returns the bytes per second. */
        public double rate() {
            return elapsed.isZero() ? 0 : bytes * 1000.0 / Math.max(1, elapsed.toMillis());
        }

        /** Returns the time left at this rate; empty if unknown. */
        public Optional<Duration> left() {
            return expectedBytes <= bytes || rate() <= 0
                    ? Optional.empty()
                    : Optional.of(Duration.ofSeconds((long) ((expectedBytes - bytes) / rate())));
        }
    }
}
