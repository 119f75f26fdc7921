package dev.sidecar.jobs;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A piece of scheduled work, declared as a bean by the feature that owns it.
 *
 * @param name its name in metrics, logs and pages, such as {@code backup-daily}
 * @param schedule when it is due
 * @param limit how long a run may take; after that it is interrupted and has failed
 * @param retries what happens after a failed run
 * @param lastDone the newest slot known to be done from what the work itself left behind (a manifest, a file), asked once at start;
 *     empty if nothing is known, and then only slots after the start are due
 * @param work what to do
 */
public record Job(
        String name,
        Schedule schedule,
        Duration limit,
        Retries retries,
        Supplier<Optional<Instant>> lastDone,
        Work work) {

    /** A job that leaves no trace of its own and waits for its next slot after a failure. */
    public Job(String name, Schedule schedule, Duration limit, Work work) {
        this(name, schedule, limit, Retries.NONE, Optional::empty, work);
    }

    /** What a job does in one run. An exception is a failure, and an interrupt asks it to stop. */
    @FunctionalInterface
    public interface Work {

        /** @return how it ended, in words for a log line; never null */
        Outcome run(Run run) throws Exception;
    }

    /**
     * One run of a job.
     *
     * @param slot the slot it is for: when it should have started, which after downtime is earlier than it did
     * @param scheduled false if somebody asked for it
     * @param attempt 1 for the first
     */
    public record Run(Instant slot, boolean scheduled, int attempt) {}

    /**
     * After a failed run of a slot, try again, each time waiting twice as long, until the next slot comes.
     *
     * @param attempts how many runs a slot may have in all
     * @param firstDelay the wait before the second
     */
    public record Retries(int attempts, Duration firstDelay) {

        /** A failed slot is left; the next one is awaited. */
        public static final Retries NONE = new Retries(1, Duration.ZERO);

        Duration delayAfter(int attempt) {
            return firstDelay.multipliedBy(1L << Math.min(attempt - 1, 16));
        }
    }
}
