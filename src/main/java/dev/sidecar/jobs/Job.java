package dev.sidecar.jobs;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A piece of scheduled work; the feature that owns it declares it as a bean.
 *
 * @param name its name in metrics, logs and pages, such as {@code backup-daily}
 * @param schedule when it is due
 * @param limit how long a run may take; a longer one is interrupted and counts as failed
 * @param retries how a failed run is repeated
 * @param lastDone finds, once at start, the newest slot that is done by what the work left behind (a manifest, a file); empty if that is
 *     unknown, and then only slots after the start are due
 * @param work the work itself
 * @param announced whether people may ask to be told directly how its runs end
 * @param ownLines whether the work itself logs how its runs end
 */
public record Job(
        String name,
        Schedule schedule,
        Duration limit,
        Retries retries,
        Supplier<Optional<Instant>> lastDone,
        Work work,
        boolean announced,
        boolean ownLines) {

    /** Declares a job whose ends nobody is told of directly. */
    public Job(
            String name,
            Schedule schedule,
            Duration limit,
            Retries retries,
            Supplier<Optional<Instant>> lastDone,
            Work work) {
        this(name, schedule, limit, retries, lastDone, work, false, false);
    }

    /** Declares a job that leaves nothing behind and waits for its next slot after a failure. */
    public Job(String name, Schedule schedule, Duration limit, Work work) {
        this(name, schedule, limit, Retries.NONE, Optional::empty, work);
    }

    /** Returns the same job, of whose ends people may ask to be told. */
    public Job withAnnouncements() {
        return new Job(name, schedule, limit, retries, lastDone, work, true, ownLines);
    }

    /**
     * Returns the same job, whose work itself logs how its runs end: no line above debug level says it twice. A run that takes too long
     * or throws an exception has a line all the same.
     */
    public Job withOwnLines() {
        return new Job(name, schedule, limit, retries, lastDone, work, announced, true);
    }

    /** Does the work of one run. An exception is a failure; an interrupt asks it to stop. */
    @FunctionalInterface
    public interface Work {

        /** Runs once. @return how the run ended, in words for a log line; never null */
        Outcome run(Run run) throws Exception;
    }

    /**
     * Describes one run of a job.
     *
     * @param slot the slot it is for: the time it should have started at, which after downtime is earlier than the time it did
     * @param scheduled false if a person asked for it
     * @param attempt 1 for the first
     */
    public record Run(Instant slot, boolean scheduled, int attempt) {}

    /**
     * Repeats a failed run, each time after twice the wait, until the next slot comes.
     *
     * @param attempts how many runs a slot may have in all
     * @param firstDelay the wait before the second
     */
    public record Retries(int attempts, Duration firstDelay) {

        /** Repeats nothing: the job waits for its next slot. */
        public static final Retries NONE = new Retries(1, Duration.ZERO);

        Duration delayAfter(int attempt) {
            return firstDelay.multipliedBy(1L << Math.min(attempt - 1, 16));
        }
    }
}
