package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/** Reads chunked bodies where Netty is more lenient than with a head, or makes more objects than the memory has room for. */
final class Chunks {

    private static final int SMALL = 1024;

    private Chunks() {}

    /** Decodes one part of a message, or nothing, as {@code ByteToMessageDecoder} does. */
    interface Step {
        void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception;
    }

    /**
     * Makes one part of small ones that came together. A part costs some hundred bytes until it is sent, however small it is: where an API
     * does not read, a few clients that send single bytes in chunks of their own would fill the memory.
     */
    static void join(Step step, ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        int first = out.size();
        ByteBuf joined = null;
        try {
            step.decode(context, in, out);
            while (in.isReadable() && out.size() > first && isSmall(out.get(out.size() - 1))) {
                HttpContent part = (HttpContent) out.remove(out.size() - 1);
                joined = joined == null ? context.alloc().buffer(SMALL) : joined;
                joined.writeBytes(part.content());
                part.release();
                step.decode(context, in, out);
            }
        } finally {
            if (joined != null && out.size() == first) {
                out.add(new DefaultHttpContent(joined));
            } else if (joined != null) {
                out.add(first, new DefaultHttpContent(joined));
            }
        }
    }

    private static boolean isSmall(Object message) {
        return message instanceof HttpContent part
                && !(message instanceof LastHttpContent)
                && part.decoderResult().isSuccess()
                && part.content().readableBytes() < SMALL;
    }

    /** The bytes are the whole line of a last chunk, which is one of size zero. */
    static boolean isLast(ByteBuf bytes, int from, int to) {
        int at = from;
        while (at < to && bytes.getByte(at) == '0') {
            at++;
        }
        return at > from && at < to && "\r\n; \t".indexOf(bytes.getByte(at)) >= 0;
    }
}
