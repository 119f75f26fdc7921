package dev.sidecar.sets;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** How far a long command has come. Written by the work, read by whoever shows it; both from any thread. */
public final class Progress {

    private final Clock clock;
    private final AtomicLong done = new AtomicLong();
    private volatile Stage stage;

    public Progress(Clock clock) {
        this.clock = clock;
        stage = new Stage("starting", 0, clock.instant());
    }

    /** Begins a stage. @param expectedBytes 0 if unknown */
    public void begin(String what, long expectedBytes) {
        done.set(0);
        stage = new Stage(what, expectedBytes, clock.instant());
    }

    public void add(long bytes) {
        done.addAndGet(bytes);
    }

    /** Where it stands now. */
    public View now() {
        Stage current = stage;
        return new View(
                current.what, done.get(), current.expectedBytes, Duration.between(current.since, clock.instant()));
    }

    private record Stage(String what, long expectedBytes, Instant since) {}

    /**
     * A moment of it.
     *
     * @param stage what is being done, such as "dumping shop"
     * @param bytes done in this stage
     * @param expectedBytes in all, an estimate; 0 if unknown
     * @param elapsed since the stage began
     */
    public record View(String stage, long bytes, long expectedBytes, Duration elapsed) {

        /** 0 to 99, as the whole is an estimate; empty if unknown. */
        public Optional<Integer> percent() {
            return expectedBytes <= 0 ? Optional.empty() : Optional.of((int) Math.min(99, bytes * 100 / expectedBytes));
        }

        /** Bytes in a second. */
        public double rate() {
            return elapsed.isZero() ? 0 : bytes * 1000.0 / Math.max(1, elapsed.toMillis());
        }

        /** Time left at this rate; empty if unknown. */
        public Optional<Duration> left() {
            return expectedBytes <= bytes || rate() <= 0
                    ? Optional.empty()
                    : Optional.of(Duration.ofSeconds((long) ((expectedBytes - bytes) / rate())));
        }
    }
}
