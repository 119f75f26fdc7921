package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;

/** Copies what a decoder looks at byte by byte: an array gives a byte for a tenth of what a buffer outside of the heap takes. */
final class HeadBytes {

    private static final int USUAL = 4 * 1024;

    private static final FastThreadLocal<byte[]> COPY = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[USUAL];
        }
    };

    private HeadBytes() {}

    /** Returns an array that begins with the readable bytes. It is this thread's only one, until the next call. */
    static byte[] of(ByteBuf in) {
        int length = in.readableBytes();
        byte[] copy = COPY.get();
        if (copy.length < length) {
            // No longer than the longest head and one read, which the decoders limit.
            copy = new byte[length];
            COPY.set(copy);
        }
        in.getBytes(in.readerIndex(), copy, 0, length);
        return copy;
    }
}
