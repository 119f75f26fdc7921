package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** Writes the head of an answer as its client needs it: framing of the body, connection, id. */
final class AnswerHead {

    private static final int RETRY_AFTER_SECONDS = 1;

    private final HttpVersion version;
    private final boolean toHead;
    private final boolean upgrade;
    private final String requestId;
    private boolean keepAlive;
    private boolean inChunks;

    AnswerHead(HttpRequest request, String requestId) {
        this.version = request.protocolVersion();
        this.toHead = request.method().equals(HttpMethod.HEAD);
        this.upgrade = Hops.upgrade(request.headers()) != null;
        this.keepAlive = request.decoderResult().isSuccess() && HttpUtil.isKeepAlive(request);
        this.requestId = requestId;
    }

    private boolean isOfHttp11() {
        return version.equals(HttpVersion.HTTP_1_1);
    }

    boolean asksForUpgrade() {
        return upgrade;
    }

    /** The connection outlives the answer whose head was written last. */
    boolean keepsAlive() {
        return keepAlive;
    }

    /** No client overlooks that the last chunk is missing. Many overlook that bytes are, and take an orderly end for the answer's. */
    boolean isInChunks() {
        return inChunks;
    }

    /** HTTP/1.0 has no interim answers. */
    boolean isForwardable(HttpResponse interim) {
        return isOfHttp11() && interim.protocolVersion().equals(HttpVersion.HTTP_1_1);
    }

    void writeInterim(ClientConnection client, HttpResponse interim, boolean switching) {
        String protocol = switching ? interim.headers().get(HttpHeaderNames.UPGRADE) : null;
        Hops.toClient(interim.headers(), requestId);
        if (protocol != null) {
            interim.headers().set(HttpHeaderNames.CONNECTION, "Upgrade").set(HttpHeaderNames.UPGRADE, protocol);
        }
        client.write(interim);
    }

    /** Writes the head of the final answer. @param mayKeepAlive false if the connection must close after it, whatever the client wants */
    void write(ClientConnection client, HttpResponse response, boolean mayKeepAlive) {
        HttpHeaders headers = response.headers();
        String wanted = response.status().equals(HttpResponseStatus.UPGRADE_REQUIRED)
                ? headers.get(HttpHeaderNames.UPGRADE)
                : null;
        Hops.toClient(headers, requestId);
        response.setProtocolVersion(HttpVersion.HTTP_1_1);
        keepAlive = keepAlive && mayKeepAlive;
        frame(response);
        tellConnection(headers);
        if (wanted != null) {
            String told = headers.get(HttpHeaderNames.CONNECTION);
            headers.set(HttpHeaderNames.UPGRADE, wanted)
                    .set(HttpHeaderNames.CONNECTION, told == null ? "Upgrade" : told + ", Upgrade");
        }
        client.encoder().answersHead(toHead);
        client.write(response);
    }

    /** Length or chunks mark the end of the body; only for an old client does the end of the connection mark it. */
    private void frame(HttpResponse response) {
        boolean chunked = HttpUtil.isTransferEncodingChunked(response);
        // Never both: Netty leaves a length beside the chunks of an answer of HTTP/1.0.
        response.headers().remove(chunked ? HttpHeaderNames.CONTENT_LENGTH : HttpHeaderNames.TRANSFER_ENCODING);
        if (chunked) {
            // Whatever the API says besides.
            HttpUtil.setTransferEncodingChunked(response, isOfHttp11());
        }
        int status = response.status().code();
        if (toHead || status == 204 || status == 304) {
            return;
        }
        boolean counted = response.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
        if (!isOfHttp11()) {
            keepAlive = keepAlive && counted && !chunked;
        } else if (!counted) {
            inChunks = true;
            if (!chunked) {
                HttpUtil.setTransferEncodingChunked(response, true);
            }
        }
    }

    private void tellConnection(HttpHeaders headers) {
        if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, "close");
        } else if (!isOfHttp11()) {
            headers.set(HttpHeaderNames.CONNECTION, "keep-alive");
        }
    }

    /** The shortest answer that refuses a client, before anything of it was read. */
    static String refusal(FailureReason reason) {
        return "HTTP/1.1 %d %s\r\nRetry-After: %d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .formatted(reason.status(), reason.title(), RETRY_AFTER_SECONDS);
    }

    /** Writes a whole answer that the gateway gives itself. @return the size of the body written */
    long writeProblem(ClientConnection client, FailureReason reason, boolean mayKeepAlive) {
        ByteBuf body = Unpooled.copiedBuffer(reason.problem(requestId), StandardCharsets.UTF_8);
        int size = body.readableBytes();
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, new HttpResponseStatus(reason.status(), reason.title()), body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/problem+json")
                .set(HttpHeaderNames.CONTENT_LENGTH, size)
                .set(Hops.REQUEST_ID, requestId);
        if (reason.isPassing()) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        keepAlive = keepAlive && mayKeepAlive;
        tellConnection(response.headers());
        client.encoder().answersHead(toHead);
        client.write(response);
        client.flush();
        return toHead ? 0 : size;
    }
}
