package dev.sidecar.jobs;

import java.time.Duration;
import java.time.Instant;

/**
 * A run of a job has ended. Published as an event of the application, for those who tell people about it.
 *
 * @param job the job's name
 * @param outcome how it ended
 * @param at when
 * @param took how long it ran
 * @param retriedAt when the same slot is tried again; {@link Instant#MAX} if it is not
 */
public record JobEnded(String job, Outcome outcome, Instant at, Duration took, Instant retriedAt) {

    /** Whether nothing more will be tried for this slot. */
    public boolean isFinal() {
        return retriedAt.equals(Instant.MAX);
    }
}
