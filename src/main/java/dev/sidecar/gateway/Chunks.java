package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/** Reads a chunked body where Netty is more lenient than with a head, or makes more objects than the memory has room for. */
final class Chunks {

    private static final int SMALL = 1024;
    private static final int MOST_DIGITS = 15;
    private static final int NONE = -1;

    /** How many bytes are left until the line of the next chunk; {@link #NONE} outside of a chunked body. */
    private long left = NONE;

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

    /** A chunked body begins. */
    void begin() {
        left = 0;
    }

    /** It has ended. */
    void end() {
        left = NONE;
    }

    /**
     * Writes the line of a chunk as Netty takes it, if the bytes begin with one and it is complete. Programs fill the line up with spaces, as old
     * servers did that sent the size before they knew it, or extend it by what is no extension: the size is told all the same, and nobody reads
     * the rest.
     */
    void writeSize(ByteBuf in) {
        if (left != 0) {
            return;
        }
        int start = in.readerIndex();
        int feed = in.indexOf(start, in.writerIndex(), (byte) '\n');
        if (feed < 0) {
            return;
        }
        int digits = 0;
        long size = 0;
        while (digits <= MOST_DIGITS && Character.digit(in.getByte(start + digits), 16) >= 0) {
            size = size * 16 + Character.digit(in.getByte(start + digits), 16);
            digits++;
        }
        int end = feed - 1;
        if (digits == 0 || digits > MOST_DIGITS || !isFilledUp(in, start + digits, end)) {
            left = NONE;
            return;
        }
        int filling = end - start - digits;
        for (int i = end - 1; filling > 0 && i >= start; i--) {
            in.setByte(i, i - filling >= start ? in.getByte(i - filling) : '0');
        }
        left = size == 0 ? NONE : feed + 1 - start + size + 2;
    }

    /** @param bytes how many of the body Netty has taken since */
    void taken(int bytes) {
        if (left > 0) {
            left = Math.max(left - bytes, 0);
        }
    }

    /** What follows the size up to the end of the line changes nothing, however it is read. */
    private static boolean isFilledUp(ByteBuf in, int from, int end) {
        if (end < from || in.getByte(end) != '\r') {
            return false;
        }
        boolean extended = false;
        for (int i = from; i < end; i++) {
            byte c = in.getByte(i);
            extended = extended || c == ';';
            if (UpstreamResponseDecoder.isControl(c) || !extended && c != ' ' && c != '\t') {
                return false;
            }
        }
        return true;
    }
}
