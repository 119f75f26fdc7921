package dev.sidecar.gateway;

import dev.sidecar.requests.Call;
import dev.sidecar.requests.TraceContext;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/** Carries one request and its answer. It ends exactly once, whatever happens, and is then counted and logged. */
final class Exchange {

    /** A body gets this long to begin before its client may lose its place to another. */
    private static final double EVICTABLE_AFTER_SECONDS = 1;

    private final ClientConnection client;
    private final Worker worker;
    private final GatewayParts parts;
    private final HttpRequest head;
    private final @Nullable FailureReason defect;
    private final String id;
    private final TraceContext trace;
    private final AnswerHead answerHead;
    private final Tally tally;
    private @Nullable UpstreamConnection upstream;
    private @Nullable Channel connecting;
    private AnswerState answer = AnswerState.AWAITED;
    private @Nullable String account;
    private @Nullable Pace pace;
    private boolean awaitsContinue;
    private boolean halfClosed;
    private boolean requestComplete;
    private boolean hasTrailers;

    Exchange(ClientConnection client, Worker worker, HttpRequest head) {
        this.client = client;
        this.worker = worker;
        this.parts = worker.parts();
        this.head = head;
        this.defect = RequestHead.defect(head, largestBody());
        if (defect == null) {
            // Before anything is taken from it: what is logged, counted and forwarded is one and the same request.
            RequestHead.normalise(head);
        }
        this.trace = parts.hops()
                .trace(
                        client.peer(),
                        head.headers(),
                        parts.properties().tracing().sampling());
        Call call = RequestHead.call(head, parts.hops(), client.peer(), trace);
        this.id = call.id();
        this.answerHead = new AnswerHead(head, id);
        this.tally = new Tally(parts, call);
    }

    /** Checks the head and looks for a connection. */
    void begin() {
        if (defect != null) {
            fail(defect);
            return;
        }
        account = parts.hops().accountable(client.peer(), head.headers());
        if (account != null
                && parts.requestsOf().take(account)
                        > parts.properties().limits().requestsPerClient()) {
            fail(FailureReason.CLIENT_REQUESTS);
            return;
        }
        long leastRate = parts.properties().limits().leastRate().toBytes();
        pace = leastRate == 0 ? null : new Pace(parts.properties().timeouts().slow(), leastRate);
        awaitsContinue = HttpUtil.is100ContinueExpected(head);
        parts.hops().toUpstream(head.headers(), client.peer(), id, trace);
        if (!head.headers().contains(HttpHeaderNames.HOST)) {
            head.headers().set(HttpHeaderNames.HOST, worker.address().authority());
        }
        UpstreamConnection pooled = worker.pooled();
        if (pooled != null) {
            send(pooled);
        } else {
            client.expectWithin(parts.properties().timeouts().idle());
            worker.connect(this);
        }
    }

    /** A connection is being opened for it, and for nobody else. */
    void connecting(Channel channel) {
        connecting = channel;
    }

    void connected(UpstreamConnection connection) {
        connecting = null;
        if (answer == AnswerState.ENDED) {
            connection.close();
        } else {
            send(connection);
            client.resume();
        }
    }

    void notConnected(FailureReason reason) {
        requestComplete = requestComplete || client.skipBody();
        fail(reason);
    }

    private void send(UpstreamConnection connection) {
        upstream = connection;
        tally.sent();
        connection.carry(this, head);
        if (requestComplete) {
            connection.write(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        expectNext();
    }

    /** The client's bytes are read: for the upstream, or to discard them if the upstream answered without them. */
    boolean isTaken() {
        return upstream != null || answer == AnswerState.WHOLE;
    }

    boolean isRequestComplete() {
        return requestComplete && answer != AnswerState.TUNNEL;
    }

    /** The upstream takes more of the request. */
    boolean hasRoom() {
        return answer == AnswerState.WHOLE || upstream != null && upstream.isWritable();
    }

    void body(HttpContent content) {
        UpstreamConnection connection = upstream;
        tally.in(content.content().readableBytes());
        if (answer == AnswerState.WHOLE) {
            content.release();
            return;
        }
        boolean broken = content.decoderResult().isFailure();
        if (connection == null || broken || tally.bytesIn() > largestBody()) {
            content.release();
            fail(broken ? FailureReason.BAD_REQUEST : FailureReason.BODY_TOO_LARGE);
            return;
        }
        if (content instanceof LastHttpContent last) {
            requestComplete = true;
            if (!last.trailingHeaders().isEmpty()) {
                Hops.trailers(last.trailingHeaders());
                hasTrailers = true;
            }
        }
        connection.write(content);
        expectNext();
    }

    void flushRequest() {
        if (upstream != null) {
            upstream.flush();
        }
    }

    void answered(HttpResponse response) {
        int code = response.status().code();
        if (code < 200) {
            interim(response, code == 101);
            return;
        }
        answer = answer.to(AnswerState.BEGUN);
        tally.answered(code);
        if (Hops.isEventStream(response.headers())) {
            tally.streams(Streams.Kind.EVENTS);
        }
        answerHead.write(client, response, mayKeepAlive());
        expectNext();
    }

    private void interim(HttpResponse response, boolean switching) {
        awaitsContinue = awaitsContinue && !response.status().equals(HttpResponseStatus.CONTINUE);
        boolean readable = answerHead.isForwardable(response);
        if (switching && !(readable && requestComplete && answerHead.asksForUpgrade())) {
            badAnswer(AnswerDefect.UPGRADE);
        } else if (readable) {
            answer = answer.to(switching ? AnswerState.SWITCHING : AnswerState.INTERIM);
            if (switching) {
                tally.status(101);
            }
            answerHead.writeInterim(client, response, switching);
        } else {
            answer = answer.to(AnswerState.INTERIM_WITHHELD);
        }
    }

    void answerBody(HttpContent content) {
        if (answer.isInterim()) {
            interimEnded(content);
            return;
        }
        tally.out(content.content().readableBytes());
        if (content instanceof LastHttpContent last && !last.trailingHeaders().isEmpty()) {
            Hops.trailersToClient(last.trailingHeaders());
        }
        client.write(content);
        if (content instanceof LastHttpContent) {
            answerEnded();
        } else {
            expectNext();
        }
    }

    private void interimEnded(HttpContent end) {
        if (answer == AnswerState.INTERIM_WITHHELD) {
            end.release();
        } else {
            client.write(end);
        }
        client.flush();
        if (answer == AnswerState.SWITCHING) {
            switchProtocol();
        } else {
            answer = answer.to(AnswerState.AWAITED);
            // An API that is at it for long says so by 102.
            expectNext();
        }
    }

    private void switchProtocol() {
        UpstreamConnection connection = upstream;
        if (connection == null) {
            return;
        }
        answer = answer.to(AnswerState.TUNNEL);
        tally.streams(Streams.Kind.TUNNEL);
        connection.becomeTunnel(client);
        client.resume();
    }

    private void answerEnded() {
        UpstreamConnection connection = upstream;
        upstream = null;
        if (connection != null && requestComplete) {
            worker.release(connection);
        } else if (connection != null) {
            connection.reset();
        }
        answer = answer.to(AnswerState.WHOLE);
        expectNext();
        client.flush();
        client.whenTaken(this);
        // What the client still sends of its request goes nowhere from here on, and must not keep it from reading.
        if (!requestComplete && answer == AnswerState.WHOLE) {
            client.resume();
        }
    }

    /** The system has the last byte of the answer for the client. */
    void taken() {
        if (answer != AnswerState.WHOLE) {
            return;
        }
        end();
        if (requestComplete && answerHead.keepsAlive()) {
            client.ended();
        } else {
            client.closeGently();
        }
    }

    void flushAnswer() {
        client.flush();
    }

    void tunnelToUpstream(ByteBuf bytes) {
        UpstreamConnection connection = upstream;
        if (connection == null) {
            bytes.release();
            return;
        }
        tally.in(bytes.readableBytes());
        connection.write(bytes);
        expectNext();
    }

    void tunnelToClient(ByteBuf bytes) {
        tally.out(bytes.readableBytes());
        client.write(bytes);
        expectNext();
    }

    /** The client sends no more through the tunnel, and may still be listening: {@code docker exec} ends its input like that. */
    void clientFinished() {
        finished(upstream == null, () -> {
            if (upstream != null) {
                upstream.finish();
            }
        });
    }

    /** The upstream sends no more through the tunnel. */
    void upstreamFinished() {
        finished(false, client::finish);
    }

    /** The tunnel is over when both have finished. */
    private void finished(boolean over, Runnable pass) {
        if (answer != AnswerState.TUNNEL) {
            return;
        }
        if (!over && !halfClosed) {
            halfClosed = true;
            pass.run();
            return;
        }
        UpstreamConnection connection = upstream;
        upstream = null;
        end();
        if (connection != null) {
            connection.closeAfterAll();
        }
        client.closeAfterAll();
    }

    void upstreamWritabilityChanged() {
        client.resume();
    }

    void clientWritabilityChanged() {
        if (upstream != null) {
            upstream.read(client.isWritable());
        }
        if (isTaken()) {
            expectNext();
        }
    }

    /** The connection to the upstream is gone. @param broken it was cut, so that its end is no end of the answer either */
    void upstreamClosed(boolean broken) {
        UpstreamConnection closed = upstream;
        upstream = null;
        if (answer == AnswerState.TUNNEL && !broken) {
            end();
            client.closeAfterAll();
        } else if (answer.hasStatus()) {
            fail(FailureReason.TRUNCATED);
        } else if (closed != null && isRepeatable(closed)) {
            tally.sentAgain();
            worker.connect(this);
        } else {
            fail(FailureReason.CLOSED);
        }
    }

    /**
     * The upstream never saw the request, or may see it again without harm. It is repeated once only: the connection made for that is new,
     * and one that was never used before is not stale.
     */
    private boolean isRepeatable(UpstreamConnection closed) {
        return closed.isStale()
                && requestComplete
                && tally.bytesIn() == 0
                && !hasTrailers
                && RequestHead.isIdempotent(head.method());
    }

    void clientGone() {
        if (answer == AnswerState.ENDED) {
            return;
        }
        if (answer != AnswerState.TUNNEL) {
            tally.failed(FailureReason.CLIENT_GONE);
        }
        if (!answer.hasStatus()) {
            tally.status(FailureReason.CLIENT_GONE.status());
        }
        dropUpstream();
        end();
    }

    void timedOut() {
        if (answer.hasStatus()) {
            fail(FailureReason.STALLED);
        } else if (requestComplete || upstream != null && !upstream.isWritable()) {
            fail(FailureReason.RESPONSE_TIMEOUT);
        } else {
            fail(FailureReason.REQUEST_TIMEOUT);
        }
    }

    /** Ends the request if the client is too slow while everything waits for it. */
    void checkPace(long now) {
        if (pace != null && answer != AnswerState.ENDED) {
            Pace.Of awaited = awaited();
            if (awaited == Pace.Of.ANSWER && pace.isDue(now) && client.push()) {
                expectNext();
                awaited = awaited();
            }
            long moved = awaited == Pace.Of.ANSWER ? tally.bytesOut() - client.pending() : tally.bytesIn();
            if (pace.isTooSlow(now, awaited, moved)) {
                fail(awaited == Pace.Of.REQUEST ? FailureReason.REQUEST_TOO_SLOW : FailureReason.CLIENT_TOO_SLOW);
            }
        }
    }

    /** An API that has begun to answer may let the client talk at its own pace. */
    private Pace.@Nullable Of awaited() {
        if (answer.hasStatus()) {
            return client.isWritable() ? null : Pace.Of.ANSWER;
        }
        return requestComplete || awaitsContinue || !hasRoom() ? null : Pace.Of.REQUEST;
    }

    Waiting waiting(long now) {
        double seconds = tally.seconds(now);
        // Whoever has not sent all of a request costs least, also while its connection to the API is still being
        // opened.
        return !requestComplete && !client.holdsRest() && !answer.hasStatus() && seconds > EVICTABLE_AFTER_SECONDS
                ? new Waiting(Waiting.For.BODY, tally.bytesIn() / seconds)
                : Waiting.NOT;
    }

    boolean isEnded() {
        return answer == AnswerState.ENDED;
    }

    void badAnswer(AnswerDefect defect) {
        if (answer != AnswerState.ENDED) {
            tally.defect(defect);
            fail(FailureReason.BAD_RESPONSE);
        }
    }

    /** Ends the request with a problem detail, or by breaking the connection if its answer has begun. */
    void fail(FailureReason reason) {
        if (answer == AnswerState.ENDED) {
            return;
        }
        tally.failed(reason);
        dropUpstream();
        boolean begun = answer.hasStatus();
        boolean tunnelled = answer == AnswerState.TUNNEL;
        if (!begun) {
            tally.status(reason.status());
            tally.out(answerHead.writeProblem(client, reason, mayKeepAlive()));
        }
        end();
        if (begun) {
            client.abort(tunnelled || !answerHead.isInChunks());
        } else if (requestComplete && answerHead.keepsAlive()) {
            client.ended();
        } else {
            client.closeGently();
        }
    }

    /** A client that is still sending could not tell the next answer from this one, and a gateway that stops takes no next request. */
    private boolean mayKeepAlive() {
        return requestComplete && !worker.isDraining();
    }

    /** An API must not take half an upload, or half of what a tunnel carried, for all of it, as many take an orderly end. */
    private void dropUpstream() {
        UpstreamConnection dropped = upstream;
        upstream = null;
        if (dropped == null) {
            return;
        }
        if (requestComplete && answer != AnswerState.TUNNEL) {
            dropped.close();
        } else {
            dropped.reset();
        }
    }

    private void end() {
        if (account != null) {
            parts.requestsOf().give(account);
        }
        answer = answer.to(AnswerState.ENDED);
        if (connecting != null) {
            connecting.close();
        }
        tally.ended();
    }

    /** The next sign of life: the beginning of the answer once the request is there, else the next bytes. */
    private void expectNext() {
        boolean waitsForAnswer = requestComplete && !answer.hasStatus();
        client.expectWithin(
                waitsForAnswer
                        ? parts.properties().timeouts().response()
                        : parts.properties().timeouts().idle());
    }

    private long largestBody() {
        return parts.properties().limits().bodySize().toBytes();
    }
}
