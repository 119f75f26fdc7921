package dev.sidecar.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.Snappy;
import java.io.ByteArrayOutputStream;

/** The block format of Snappy, by which remote write compresses. Reading never makes more than it was told to. */
final class SnappyBlock {

    private static final int LITERAL = 65_536;
    private static final int TWO_BYTES_OF_LENGTH = 61;

    private SnappyBlock() {}

    /** @param most how many bytes the content may have */
    static byte[] decode(byte[] in, int most) throws Malformed {
        long length = new ProtoReader(in).number();
        if (length < 0 || length > most) {
            throw new Malformed("it is larger than " + most + " bytes");
        }
        // The buffer cannot grow: a block that holds more than it says is broken.
        ByteBuf out = Unpooled.buffer((int) length, (int) length);
        try {
            new Snappy().decode(Unpooled.wrappedBuffer(in), out);
        } catch (DecompressionException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new Malformed("it is no Snappy block");
        }
        if (out.readableBytes() != length) {
            throw new Malformed("it is no Snappy block");
        }
        return ByteBufUtil.getBytes(out);
    }

    /** Wraps without compressing: who reads it is next door, and Netty's compression is for blocks of 32 KB only. */
    static byte[] encode(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(plain.length + plain.length / LITERAL * 3 + 16);
        ProtoWriter.number(out, plain.length);
        for (int from = 0; from < plain.length; from += LITERAL) {
            int length = Math.min(LITERAL, plain.length - from);
            out.write(TWO_BYTES_OF_LENGTH << 2);
            out.write(length - 1);
            out.write(length - 1 >>> Byte.SIZE);
            out.write(plain, from, length);
        }
        return out.toByteArray();
    }
}
