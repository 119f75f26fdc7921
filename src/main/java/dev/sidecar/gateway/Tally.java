package dev.sidecar.gateway;

import dev.sidecar.requests.Answer;
import dev.sidecar.requests.Call;

/** Measures one exchange while it passes; counts and logs it when it ends. */
final class Tally {

    private final GatewayParts parts;
    private final Call call;
    private final long started = System.nanoTime();
    private long sent;
    private int status;
    private long bytesIn;
    private long bytesOut;

    Tally(GatewayParts parts, Call call) {
        this.parts = parts;
        this.call = call;
        parts.requests().started();
    }

    void sent() {
        sent = System.nanoTime();
    }

    void sentAgain() {
        parts.metrics().retried();
    }

    void answered(int code) {
        status = code;
        parts.metrics().answeredAfter(System.nanoTime() - sent);
    }

    /** Sets the status to log without measuring the upstream's time. */
    void status(int code) {
        status = code;
    }

    void in(int bytes) {
        bytesIn += bytes;
    }

    long bytesIn() {
        return bytesIn;
    }

    void out(long bytes) {
        bytesOut += bytes;
    }

    long bytesOut() {
        return bytesOut;
    }

    /** How long ago the request's head was there. */
    double seconds(long now) {
        return Math.max(0, now - started) / 1e9;
    }

    void failed(FailureReason reason) {
        parts.metrics().failed(reason);
    }

    void ended() {
        String route = parts.routes().of(call.method(), call.path(), status);
        parts.requests().ended(call, route, new Answer(status, System.nanoTime() - started, bytesIn, bytesOut));
    }
}
