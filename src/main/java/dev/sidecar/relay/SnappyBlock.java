package dev.sidecar.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.Snappy;

/** The block format of Snappy, by which remote write compresses. Reading never makes more than it was told to. */
final class SnappyBlock {

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

    /** Compresses. */
    static byte[] encode(byte[] plain) {
        ByteBuf out = Unpooled.buffer(plain.length / 2 + 32);
        new Snappy().encode(Unpooled.wrappedBuffer(plain), out, plain.length);
        return ByteBufUtil.getBytes(out);
    }
}
