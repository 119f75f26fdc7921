package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the upstream's answers. It knows the request's method, as an answer to HEAD has no body. It takes what cannot be misread (lines that
 * end with a line feed alone, the same length twice) and refuses what Netty would repair by guessing, and a client might read in another
 * way.
 */
final class UpstreamResponseDecoder extends HttpResponseDecoder {

    private static final int LONGEST_CHUNK = 64 * 1024;
    private static final int LARGEST_HEAD = 256 * 1024;

    private final Chunks.Step part = this::decodePart;
    private final Chunks chunks = new Chunks();
    private boolean inBody;
    private boolean statusSeen;
    private boolean broken;
    private boolean bodyless;
    private boolean begun;
    private boolean inTrailers;
    private boolean brokenOff;

    UpstreamResponseDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(LARGEST_HEAD)
                .setMaxHeaderSize(LARGEST_HEAD)
                .setMaxChunkSize(LONGEST_CHUNK)
                .setStrictLineParsing(false)
                .setUseRfc9112TransferEncoding(false)
                .setAllowDuplicateContentLengths(true));
    }

    void expectAnswer(boolean toHead) {
        bodyless = toHead;
        begun = false;
    }

    /** At least one byte of the answer has arrived. */
    boolean hasBegun() {
        return begun;
    }

    /** More has come than the answer that ended last: nobody asked for it, and it must not become part of the next answer. */
    boolean hasMore() {
        return actualReadableBytes() > 0;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) throws Exception {
        begun = true;
        super.channelRead(context, bytes);
    }

    /** The connection did not end in order: its end is no end of an answer. */
    void breakOff() {
        brokenOff = true;
    }

    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (!brokenOff) {
            super.decodeLast(context, in, out);
        }
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        // Netty takes 16 bytes for the body of a switch to the WebSockets of 2010.
        return bodyless || ((HttpResponse) message).status().code() < 200 || super.isContentAlwaysEmpty(message);
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
        AnswerDefect defect = inBody && !inTrailers ? null : defect(in);
        if (defect != null) {
            broken = true;
            in.skipBytes(in.readableBytes());
            HttpMessage refused = createInvalidMessage();
            refused.setDecoderResult(DecoderResult.failure(new AnswerDefect.Found(defect)));
            out.add(refused);
            return;
        }
        chunks.writeSize(in);
        int before = in.readerIndex();
        int known = out.size();
        super.decode(context, in, out);
        chunks.taken(in.readerIndex() - before);
        inTrailers = inTrailers || inBody && out.size() == known && Chunks.isLast(in, before, in.readerIndex());
        for (int i = known; i < out.size(); i++) {
            Object message = out.get(i);
            if (message instanceof HttpResponse answer) {
                inBody = true;
                if (HttpUtil.isTransferEncodingChunked(answer)) {
                    chunks.begin();
                }
            }
            if (message instanceof LastHttpContent) {
                inBody = false;
                inTrailers = false;
                statusSeen = false;
                chunks.end();
            }
        }
    }

    /** The decoder consumes heads by whole lines, so the readable bytes begin with a line. */
    private @Nullable AnswerDefect defect(ByteBuf in) {
        byte[] bytes = HeadBytes.of(in);
        int end = in.readableBytes();
        int at = 0;
        int feed = lineFeed(bytes, at, end);
        while (feed >= 0) {
            int last = feed > at && bytes[feed - 1] == '\r' ? feed - 1 : feed;
            if (last == at && statusSeen) {
                return null;
            }
            AnswerDefect defect = null;
            if (statusSeen) {
                defect = defect(bytes, at, last);
            } else if (last > at) {
                defect = StatusLine.defect(bytes, at, last);
            }
            if (defect != null) {
                return defect;
            }
            statusSeen = statusSeen || last > at;
            at = feed + 1;
            feed = lineFeed(bytes, at, end);
        }
        return null;
    }

    private static @Nullable AnswerDefect defect(byte[] bytes, int from, int to) {
        byte first = bytes[from];
        if (first == ' ' || first == '\t') {
            return AnswerDefect.FOLDED_LINE;
        }
        int colon = from;
        while (colon < to && isOfName(bytes[colon])) {
            colon++;
        }
        if (colon == from || colon == to || bytes[colon] != ':') {
            return AnswerDefect.HEADER_NAME;
        }
        for (int i = colon + 1; i < to; i++) {
            if (isControl(bytes[i])) {
                return AnswerDefect.CONTROL_CHARACTER;
            }
        }
        return null;
    }

    static int lineFeed(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    static boolean isControl(byte c) {
        return c >= 0 && c < ' ' && c != '\t' || c == 0x7f;
    }

    private static boolean isOfName(byte c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c > ' ' && "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }
}
