package dev.sidecar.jobs;

import java.util.Locale;

/**
 * Says how a run of a job ended.
 *
 * @param result one of three, also the metric's label
 * @param reason the work done, the cause of the failure, or why there was nothing to do
 */
public record Outcome(Result result, String reason) {

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
        return new Outcome(Result.SUCCESS, what);
    }

    /** The work is not done. */
    public static Outcome failure(String why) {
        return new Outcome(Result.FAILURE, why);
    }

    /** There was nothing to do. */
    public static Outcome skipped(String why) {
        return new Outcome(Result.SKIPPED, why);
    }
}
