package dev.sidecar.gateway;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;

/** Reads the upstream's answers. It knows the request's method, as an answer to HEAD has no body. */
final class UpstreamResponseDecoder extends HttpResponseDecoder {

    private static final int LONGEST_CHUNK = 64 * 1024;
    private static final int LARGEST_HEAD = 256 * 1024;

    private boolean bodyless;
    private boolean begun;

    UpstreamResponseDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(LARGEST_HEAD)
                .setMaxHeaderSize(LARGEST_HEAD)
                .setMaxChunkSize(LONGEST_CHUNK));
    }

    void expectAnswer(boolean toHead) {
        bodyless = toHead;
        begun = false;
    }

    /** At least one byte of the answer has arrived. */
    boolean hasBegun() {
        return begun;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
        begun = true;
        super.channelRead(context, bytes);
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        return bodyless && ((HttpResponse) message).status().code() >= 200 || super.isContentAlwaysEmpty(message);
    }
}
