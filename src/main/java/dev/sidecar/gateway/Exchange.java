package dev.sidecar.gateway;

import dev.sidecar.requests.Call;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/** One request and its answer on their way through. Ends exactly once, whatever happens, and is counted and logged then. */
final class Exchange {

    private final ClientConnection client;
    private final Worker worker;
    private final GatewayParts parts;
    private final HttpRequest head;
    private final Call call;
    private final AnswerHead answerHead;
    private final Tally tally = new Tally();
    private @Nullable UpstreamConnection upstream;
    private long sent;
    private boolean requestComplete;
    private boolean interim;
    private boolean interimShown;
    private boolean switching;
    private boolean tunnel;
    private boolean reusable;
    private boolean retried;
    private boolean ended;

    Exchange(ClientConnection client, Worker worker, HttpRequest head) {
        this.client = client;
        this.worker = worker;
        this.parts = worker.parts();
        this.head = head;
        this.call = RequestHead.call(head, parts.hops(), client.peer());
        this.answerHead = new AnswerHead(head, call.id());
    }

    /** For what is no request at all. */
    static Exchange unreadable(ClientConnection client, Worker worker) {
        HttpRequest nothing = new DefaultHttpRequest(HttpVersion.HTTP_1_0, HttpMethod.GET, "-");
        nothing.setDecoderResult(DecoderResult.failure(new IllegalStateException("no request")));
        return new Exchange(client, worker, nothing);
    }

    /** Checks the head and looks for a connection. */
    void begin() {
        Reason defect = RequestHead.defect(head);
        if (defect == null && HttpUtil.getContentLength(head, 0L) > largestBody()) {
            defect = Reason.BODY_TOO_LARGE;
        }
        if (defect != null) {
            refuse(defect);
            return;
        }
        parts.requests().started();
        RequestHead.normalise(head);
        parts.hops().toUpstream(head.headers(), client.peer(), call.id());
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

    /** Ends a request that is not even begun. */
    void refuse(Reason reason) {
        parts.requests().started();
        fail(reason);
    }

    void connected(UpstreamConnection connection) {
        if (ended) {
            connection.close();
        } else {
            send(connection);
            client.resume();
        }
    }

    void notConnected(Reason reason) {
        requestComplete = requestComplete || client.skipBody();
        fail(reason);
    }

    private void send(UpstreamConnection connection) {
        upstream = connection;
        sent = System.nanoTime();
        connection.carry(this, head);
        if (requestComplete) {
            connection.write(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        expectNext();
    }

    boolean isConnected() {
        return upstream != null;
    }

    boolean isRequestComplete() {
        return requestComplete && !tunnel;
    }

    /** Whether the upstream takes more of the request. */
    boolean hasRoom() {
        return upstream != null && upstream.isWritable();
    }

    void body(HttpContent content) {
        UpstreamConnection connection = upstream;
        tally.bytesIn += content.content().readableBytes();
        boolean broken = content.decoderResult().isFailure();
        if (connection == null || broken || tally.bytesIn > largestBody()) {
            content.release();
            fail(broken ? Reason.BAD_REQUEST : Reason.BODY_TOO_LARGE);
            return;
        }
        requestComplete = content instanceof LastHttpContent;
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
        tally.status = code;
        reusable = HttpUtil.isKeepAlive(response);
        parts.metrics().answeredAfter(System.nanoTime() - sent);
        answerHead.prepare(response, requestComplete && !worker.isDraining());
        client.encoder().answersHead(head.method().equals(HttpMethod.HEAD));
        client.write(response);
        expectNext();
    }

    private void interim(HttpResponse response, boolean switches) {
        if (switches && !answerHead.asksForUpgrade()) {
            fail(Reason.BAD_RESPONSE);
            return;
        }
        interim = true;
        interimShown = answerHead.isForwardable(response);
        switching = switches;
        if (interimShown) {
            answerHead.prepareInterim(response, switching);
            client.write(response);
        }
    }

    void answerBody(HttpContent content) {
        if (interim) {
            interimEnded(content);
            return;
        }
        tally.bytesOut += content.content().readableBytes();
        client.write(content);
        if (content instanceof LastHttpContent) {
            answerEnded();
        } else {
            expectNext();
        }
    }

    private void interimEnded(HttpContent end) {
        interim = false;
        if (interimShown) {
            client.write(end);
        } else {
            end.release();
        }
        client.flush();
        if (switching) {
            tally.status = 101;
            UpstreamConnection connection = upstream;
            tunnel = requestComplete && interimShown && client.becomeTunnel();
            if (tunnel && connection != null) {
                connection.becomeTunnel();
                client.resume();
            } else {
                fail(Reason.BAD_RESPONSE);
            }
        }
    }

    private void answerEnded() {
        UpstreamConnection connection = upstream;
        upstream = null;
        if (connection != null && reusable && requestComplete) {
            worker.release(connection);
        } else if (connection != null) {
            connection.close();
        }
        client.flush();
        end();
        if (!requestComplete) {
            client.closeGently();
        } else if (answerHead.keepsAlive()) {
            client.ended();
        } else {
            client.closeAfterAnswer();
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
        tally.bytesIn += bytes.readableBytes();
        connection.write(bytes);
        expectNext();
    }

    void tunnelToClient(ByteBuf bytes) {
        tally.bytesOut += bytes.readableBytes();
        client.write(bytes);
        expectNext();
    }

    void upstreamWritabilityChanged() {
        client.resume();
    }

    void clientWritabilityChanged() {
        if (upstream != null) {
            upstream.read(client.isWritable());
            expectNext();
        }
    }

    void upstreamClosed() {
        UpstreamConnection closed = upstream;
        upstream = null;
        if (tunnel) {
            end();
            client.closeAfterAnswer();
        } else if (tally.status != 0) {
            fail(Reason.TRUNCATED);
        } else if (closed != null && isRepeatable(closed)) {
            retried = true;
            parts.metrics().retried();
            worker.connect(this);
        } else {
            fail(Reason.CLOSED);
        }
    }

    /** Sent on a connection that the upstream was closing: it never saw the request, or may see it again without harm. */
    private boolean isRepeatable(UpstreamConnection closed) {
        return !retried
                && closed.isReused()
                && !closed.hasBegunToAnswer()
                && requestComplete
                && tally.bytesIn == 0
                && RequestHead.isIdempotent(head.method());
    }

    void clientGone() {
        if (!ended) {
            if (!tunnel) {
                parts.metrics().failed(Reason.CLIENT_GONE);
            }
            tally.status = tally.status == 0 ? Reason.CLIENT_GONE.status() : tally.status;
            dropUpstream();
            end();
        }
    }

    void timedOut() {
        if (tally.status != 0) {
            fail(Reason.STALLED);
        } else if (requestComplete || upstream != null && !upstream.isWritable()) {
            fail(Reason.RESPONSE_TIMEOUT);
        } else {
            fail(Reason.REQUEST_TIMEOUT);
        }
    }

    /** Ends the request with a problem, or by breaking the connection if its answer has begun. */
    void fail(Reason reason) {
        if (ended) {
            return;
        }
        parts.metrics().failed(reason);
        dropUpstream();
        boolean begun = tally.status != 0;
        if (!begun) {
            tally.status = reason.status();
            tally.bytesOut = answerHead.writeProblem(client, reason, requestComplete && !worker.isDraining());
        }
        end();
        if (begun) {
            client.abort();
        } else if (requestComplete && answerHead.keepsAlive()) {
            client.ended();
        } else {
            client.closeGently();
        }
    }

    private void dropUpstream() {
        if (upstream != null) {
            upstream.close();
            upstream = null;
        }
    }

    private void end() {
        ended = true;
        parts.requests().ended(call, parts.routes().of(call.method(), call.path(), tally.status), tally.answer());
    }

    /** The next sign of life: the beginning of the answer once the request is there, else the next bytes. */
    private void expectNext() {
        boolean waitsForAnswer = requestComplete && tally.status == 0;
        client.expectWithin(
                waitsForAnswer
                        ? parts.properties().timeouts().response()
                        : parts.properties().timeouts().idle());
    }

    private long largestBody() {
        return parts.properties().limits().bodySize().toBytes();
    }
}
