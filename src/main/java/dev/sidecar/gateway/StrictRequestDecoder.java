package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Reads requests and refuses every one that two programs could read in two ways, as attackers use those to smuggle one request inside
 * another. Netty's own strictness does most of it; it would join folded header lines, so this class looks for them.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {

    private static final int LONGEST_CHUNK = 64 * 1024;

    private boolean inBody;
    private boolean headBegun;
    private boolean broken;

    StrictRequestDecoder(int headerSize) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(headerSize)
                .setMaxHeaderSize(headerSize)
                .setMaxChunkSize(LONGEST_CHUNK)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true)
                .setAllowDuplicateContentLengths(false));
    }

    /** A head has begun to arrive and is not complete. */
    boolean isInHead() {
        return !inBody && (headBegun || actualReadableBytes() > 0);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (!inBody && isFolded(in)) {
            broken = true;
            in.skipBytes(in.readableBytes());
            HttpMessage refused = createInvalidMessage();
            refused.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("folded header line")));
            out.add(refused);
            return;
        }
        super.decode(context, in, out);
        for (int i = 0; i < out.size(); i++) {
            follow(out.get(i));
        }
    }

    private void follow(Object message) {
        if (message instanceof HttpRequest) {
            inBody = true;
            headBegun = false;
        }
        if (message instanceof LastHttpContent) {
            inBody = false;
        }
    }

    /** The decoder consumes heads by whole lines, so the readable bytes begin with a line. */
    private boolean isFolded(ByteBuf in) {
        int at = in.readerIndex();
        while (at < in.writerIndex()) {
            byte first = in.getByte(at);
            if (first == ' ' || first == '\t') {
                return true;
            }
            boolean empty = first == '\r' || first == '\n';
            if (empty && headBegun) {
                return false;
            }
            int feed = in.indexOf(at, in.writerIndex(), (byte) '\n');
            if (feed < 0) {
                return false;
            }
            headBegun = headBegun || !empty;
            at = feed + 1;
        }
        return false;
    }
}
