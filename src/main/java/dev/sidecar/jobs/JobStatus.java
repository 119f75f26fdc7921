package dev.sidecar.jobs;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a job stands.
 *
 * @param name the job's name
 * @param running whether a run is under way
 * @param next when it is due next; null if never
 * @param last how the last run of this process ended; null before the first
 * @param lastEnded when that was
 */
public record JobStatus(
        String name,
        boolean running,
        @Nullable Instant next,
        @Nullable Outcome last,
        @Nullable Instant lastEnded) {}
