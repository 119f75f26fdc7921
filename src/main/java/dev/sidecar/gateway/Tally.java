package dev.sidecar.gateway;

import dev.sidecar.requests.Answer;
import dev.sidecar.requests.Asker;
import dev.sidecar.requests.Call;
import org.jspecify.annotations.Nullable;

/** Measures one exchange while it passes; counts and logs it when it ends. */
final class Tally {

    private final GatewayParts parts;
    private final Call call;
    private final long started = System.nanoTime();
    private final Asker asker;
    private long sent;
    private long head;
    private @Nullable FailureReason failure;
    private @Nullable AnswerDefect defect;
    private @Nullable Streams stream;
    private int status;
    private long bytesIn;
    private long bytesOut;

    Tally(GatewayParts parts, Call call) {
        this.parts = parts;
        this.call = call;
        this.asker = parts.properties().asker(call);
        parts.requests().started();
    }

    void sent() {
        sent = System.nanoTime();
    }

    void sentAgain() {
        parts.metrics().retried();
    }

    void answered(int code) {
        status(code);
        parts.metrics().answeredAfter(System.nanoTime() - sent);
    }

    /** Sets the status to log without measuring the upstream's time. */
    void status(int code) {
        status = code;
        head = System.nanoTime();
    }

    /** The answer goes on for as long as somebody likes: its life is measured apart from the time to its head. */
    void streams(Streams.Kind kind) {
        stream = parts.metrics().streams(kind);
        stream.opened();
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
        failure = reason;
        parts.metrics().failed(reason);
    }

    void defect(AnswerDefect found) {
        defect = found;
        parts.metrics().badAnswer(found);
    }

    private @Nullable String failure() {
        if (failure == null) {
            return null;
        }
        return defect == null ? failure.label() : failure.label() + ":" + defect.label();
    }

    void ended() {
        long now = System.nanoTime();
        if (stream != null) {
            stream.closed(now - head, bytesIn, bytesOut);
        }
        String route = parts.routes().of(call.method(), call.path(), status);
        Answer answer =
                new Answer(status, (head == 0 ? now : head) - started, now - started, bytesIn, bytesOut, failure());
        parts.requests().ended(call, route, asker, answer);
        parts.spans().ended(call, route, asker, answer);
    }
}
