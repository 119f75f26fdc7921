package dev.sidecar.jobs;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
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
 * @param sharing what becomes of a run while another sidecar is on duty
 */
public record Job(
        String name,
        Schedule schedule,
        Duration limit,
        Retries retries,
        Supplier<Optional<Instant>> lastDone,
        Work work,
        boolean announced,
        boolean ownLines,
        Sharing sharing) {

    /** Declares a job whose ends nobody is told of directly. */
    public Job(
            String name,
            Schedule schedule,
            Duration limit,
            Retries retries,
            Supplier<Optional<Instant>> lastDone,
            Work work) {
        this(name, schedule, limit, retries, lastDone, work, false, false, Sharing.EACH);
    }

    /** Declares a job that leaves nothing behind and waits for its next slot after a failure. */
    public Job(String name, Schedule schedule, Duration limit, Work work) {
        this(name, schedule, limit, Retries.NONE, Optional::empty, work);
    }

    /** Returns the same job, of whose ends people may ask to be told. */
    public Job withAnnouncements() {
        return new Job(name, schedule, limit, retries, lastDone, work, true, ownLines, sharing);
    }

    /**
     * Returns the same job, whose work itself logs how its runs end: no line above debug level says it twice. A run that takes too long
     * or throws an exception has a line all the same.
     */
    public Job withOwnLines() {
        return new Job(name, schedule, limit, retries, lastDone, work, announced, true, sharing);
    }

    /**
     * Returns the same job, which of several sidecars the one on duty runs. It catches up as after a start when the duty changes.
     * A run that a person asks for is always done here.
     */
    public Job onDuty() {
        return onDuty(new Sharing(false, Outcome::skipped));
    }

    /** Returns the same job, with what it does instead while another sidecar is on duty. */
    public Job onDuty(Sharing shared) {
        return new Job(name, schedule, limit, retries, lastDone, work, announced, ownLines, shared);
    }

    /**
     * What becomes of a scheduled run while another sidecar is on duty.
     *
     * @param certain whether it waits also while nobody can tell who is on duty: for what people would get twice
     * @param instead what is done then, from the sentence that says why
     */
    public record Sharing(boolean certain, Function<String, Outcome> instead) {

        /** Each sidecar runs it. */
        public static final Sharing EACH = new Sharing(false, Outcome::skipped);

        boolean waits(Duty.State duty) {
            return this != EACH
                    && (duty.holder() == Duty.Holder.OTHER || certain && duty.holder() == Duty.Holder.UNKNOWN);
        }
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
     * Repeats a failed run, each time after twice the wait, until the next slot comes. A run that failed because what it needs is away is
     * none of the attempts, and is repeated after a minute.
     *
     * @param attempts how many runs a slot may have in all
     * @param firstDelay the wait before the second
     */
    public record Retries(int attempts, Duration firstDelay) {

        /** Repeats nothing: the job waits for its next slot. */
        public static final Retries NONE = new Retries(1, Duration.ZERO);

        private static final Duration WHILE_AWAY = Duration.ofMinutes(1);

        /** The run that follows a failed one, as far as there is one. */
        Optional<Run> after(Run failed, Outcome outcome) {
            boolean left = attempts > 1 && (outcome.away() || failed.attempt() < attempts);
            return left && failed.scheduled()
                    ? Optional.of(new Run(failed.slot(), true, failed.attempt() + (outcome.away() ? 0 : 1)))
                    : Optional.empty();
        }

        Duration delayAfter(int attempt, Outcome outcome) {
            return outcome.away() ? WHILE_AWAY : firstDelay.multipliedBy(1L << Math.min(attempt - 1, 16));
        }
    }
}
