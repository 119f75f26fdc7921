package dev.sidecar.jobs;

import org.jspecify.annotations.Nullable;

/**
 * Tells where a job stands now.
 *
 * @param running a run is under way
 * @param last how the last run of this process ended; null before the first
 */
public record JobStatus(boolean running, @Nullable Outcome last) {}
