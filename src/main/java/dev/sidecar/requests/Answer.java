package dev.sidecar.requests;

import org.jspecify.annotations.Nullable;

/**
 * Describes how a request ended.
 *
 * @param status the HTTP status sent; 499 if the client left before there was one
 * @param latencyNanos from the request's head to the head of the answer: what follows is as long as it is, in a download or an event stream
 * @param nanos from the request's head to the end of the answer
 * @param bytesIn size of the request's body
 * @param bytesOut size of the answer's body
 * @param failure why it ended before it was complete, in a word out of a closed set; null if it did not
 */
public record Answer(
        int status,
        long latencyNanos,
        long nanos,
        long bytesIn,
        long bytesOut,
        @Nullable String failure) {

    /** An answer that was complete and whose head was not told apart from its end. */
    public Answer(int status, long nanos, long bytesIn, long bytesOut) {
        this(status, nanos, nanos, bytesIn, bytesOut, null);
    }
}
