package dev.sidecar.jobs;

import java.time.Duration;
import java.time.Instant;

/**
 * Says that a run of a job has ended; an event of the application, for those who tell people about it.
 *
 * @param job the job's name
 * @param outcome how it ended
 * @param at when it ended
 * @param took how long it ran
 * @param retriedAt when the job retries the slot; {@link Instant#MAX} if it does not
 * @param announced whether people may ask to be told directly
 */
public record JobEnded(String job, Outcome outcome, Instant at, Duration took, Instant retriedAt, boolean announced) {

    /** The job will not retry this slot. */
    public boolean isFinal() {
        return retriedAt.equals(Instant.MAX);
    }
}
