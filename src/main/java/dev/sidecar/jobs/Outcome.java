package dev.sidecar.jobs;

import java.util.Locale;

/**
 * Says how a run of a job ended.
 *
 * @param result one of three, also the metric's label
 * @param reason the work done, the cause of the failure, or why there was nothing to do
 * @param away whether it failed because what it needs is away, which says nothing about the work
 */
public record Outcome(Result result, String reason, boolean away) {

    /** The closed list of results. */
    public enum Result {
        /** The work is done. */
        SUCCESS,
        /** The work is not done, and a person should know. */
        FAILURE,
        /** There was nothing to do, or another process is doing it. */
        SKIPPED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The work is done. */
    public static Outcome success(String what) {
        return new Outcome(Result.SUCCESS, what, false);
    }

    /** The work is not done. */
    public static Outcome failure(String why) {
        return new Outcome(Result.FAILURE, why, false);
    }

    /** The work is not done, as what it needs is away. A job that repeats failed runs tries each minute until it is back. */
    public static Outcome away(String why) {
        return new Outcome(Result.FAILURE, why, true);
    }

    /** There was nothing to do. */
    public static Outcome skipped(String why) {
        return new Outcome(Result.SKIPPED, why, false);
    }
}
