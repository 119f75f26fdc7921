package dev.sidecar.gateway;

import io.netty.buffer.ByteBuf;

/** Tells where a chunked body ends and its trailers begin, which Netty reads more leniently than a head. */
final class Chunks {

    private Chunks() {}

    /** The bytes are the whole line of a last chunk, which is one of size zero. */
    static boolean isLast(ByteBuf bytes, int from, int to) {
        int at = from;
        while (at < to && bytes.getByte(at) == '0') {
            at++;
        }
        return at > from && at < to && "\r\n; \t".indexOf(bytes.getByte(at)) >= 0;
    }
}
