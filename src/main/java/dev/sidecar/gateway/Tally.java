package dev.sidecar.gateway;

import dev.sidecar.requests.Answer;

/** What is known of an answer while it passes. */
final class Tally {

    /** 0 until the answer has begun. */
    int status;

    long bytesIn;
    long bytesOut;
    private final long started = System.nanoTime();

    Answer answer() {
        return new Answer(status, System.nanoTime() - started, bytesIn, bytesOut);
    }
}
