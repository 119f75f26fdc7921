package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads requests and refuses every one that two programs could read in two ways, as attackers use those to smuggle one request inside
 * another. Netty's own strictness does most of it; it would join folded lines of heads and trailers and take a request line apart at tabs, so
 * this class looks for those. What follows a request is not read until that is answered: it may be bytes of another protocol, and thousands
 * of requests would be as many objects.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {

    private static final int LONGEST_CHUNK = 64 * 1024;

    /** Its letters' case matters (RFC 9112, 2.3); Netty reads any. */
    private static final byte[] VERSION = " HTTP/1.".getBytes(StandardCharsets.US_ASCII);

    private final Chunks.Step part = this::decodePart;
    private long bytesRead;
    private boolean inBody;
    private boolean headBegun;
    private boolean broken;
    private boolean inTrailers;
    private boolean held;

    StrictRequestDecoder(int headerSize) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(headerSize)
                .setMaxHeaderSize(headerSize)
                .setMaxChunkSize(LONGEST_CHUNK)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true)
                .setAllowDuplicateContentLengths(false));
    }

    /** All that has come on this connection. */
    long bytesRead() {
        return bytesRead;
    }

    /** A head has begun to arrive and is not complete. */
    boolean isInHead() {
        return !inBody && (headBegun || actualReadableBytes() > 0);
    }

    /** Bytes have come behind a request, and wait until it is answered. */
    boolean holdsBytes() {
        return held && actualReadableBytes() > 0;
    }

    /** Whatever is held back is the next request. */
    void goOn() {
        held = false;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
        bytesRead += ((ByteBuf) bytes).readableBytes();
        super.channelRead(context, bytes);
        if (holdsBytes()) {
            context.channel().config().setAutoRead(false);
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        Chunks.join(part, context, in, out);
    }

    private void decodePart(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (held) {
            return;
        }
        if ((!inBody || inTrailers) && isAmbiguous(in)) {
            broken = true;
            in.skipBytes(in.readableBytes());
            HttpObject refused = inTrailers ? new DefaultLastHttpContent() : createInvalidMessage();
            refused.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("folded or divided line")));
            out.add(refused);
            return;
        }
        int before = in.readerIndex();
        int known = out.size();
        super.decode(context, in, out);
        if (inBody && out.size() == known && Chunks.isLast(in, before, in.readerIndex())) {
            inTrailers = true;
            headBegun = true;
        }
        for (int i = known; i < out.size(); i++) {
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
            inTrailers = false;
            headBegun = false;
            held = true;
        }
    }

    /** The decoder consumes heads by whole lines, so the readable bytes begin with a line. */
    private boolean isAmbiguous(ByteBuf in) {
        byte[] bytes = HeadBytes.of(in);
        int end = in.readableBytes();
        int at = 0;
        while (at < end) {
            byte first = bytes[at];
            if (first == ' ' || first == '\t') {
                return true;
            }
            boolean empty = first == '\r' || first == '\n';
            if (empty && headBegun) {
                return false;
            }
            int feed = UpstreamResponseDecoder.lineFeed(bytes, at, end);
            if (feed < 0) {
                return false;
            }
            if (!headBegun && !empty && isDivided(bytes, at, feed)) {
                return true;
            }
            headBegun = headBegun || !empty;
            at = feed + 1;
        }
        return false;
    }

    /** Some programs end a word of the request line at a tab or another control character, others only at a space. */
    private static boolean isDivided(byte[] bytes, int from, int feed) {
        for (int i = from; i < feed - 1; i++) {
            if (bytes[i] >= 0 && bytes[i] < ' ') {
                return true;
            }
        }
        int version = feed - 1 - VERSION.length - 1;
        for (int i = 0; i < VERSION.length; i++) {
            if (version < from || bytes[version + i] != VERSION[i]) {
                return true;
            }
        }
        return false;
    }
}
