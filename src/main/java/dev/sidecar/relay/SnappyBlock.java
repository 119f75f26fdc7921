package dev.sidecar.relay;

import java.io.ByteArrayOutputStream;

/** The block format of Snappy, by which remote write compresses. Reading never makes more than it was told to. */
final class SnappyBlock {

    private static final int LITERAL = 65_536;
    private static final int SHORT_LITERAL = 60;
    private static final int TWO_BYTES_OF_LENGTH = 61;

    private SnappyBlock() {}

    /** @param most how many bytes the content may have */
    static byte[] decode(byte[] in, int most) throws Malformed {
        ProtoReader head = new ProtoReader(in);
        long length = head.number();
        if (length < 0 || length > most) {
            throw new Malformed("it is larger than " + most + " bytes");
        }
        byte[] out = new byte[(int) length];
        int at = head.position();
        int done = 0;
        while (at < in.length) {
            int tag = in[at++] & 0xff;
            int count;
            if ((tag & 3) == 0) {
                count = tag >> 2;
                if (count >= SHORT_LITERAL) {
                    int bytes = count - SHORT_LITERAL + 1;
                    count = little(in, at, bytes);
                    at += bytes;
                }
                count++;
                if (count <= 0 || count > in.length - at || count > out.length - done) {
                    throw broken();
                }
                System.arraycopy(in, at, out, done, count);
                at += count;
            } else {
                int offset;
                switch (tag & 3) {
                    case 1 -> {
                        count = (tag >> 2 & 7) + 4;
                        offset = (tag & 0xe0) << 3 | little(in, at, 1);
                        at += 1;
                    }
                    case 2 -> {
                        count = (tag >> 2) + 1;
                        offset = little(in, at, 2);
                        at += 2;
                    }
                    default -> {
                        count = (tag >> 2) + 1;
                        offset = little(in, at, 4);
                        at += 4;
                    }
                }
                if (offset <= 0 || offset > done || count > out.length - done) {
                    throw broken();
                }
                // It may read what it has just written: byte by byte.
                for (int i = 0; i < count; i++) {
                    out[done + i] = out[done + i - offset];
                }
            }
            done += count;
        }
        if (done != out.length) {
            throw broken();
        }
        return out;
    }

    /** Wraps without compressing: who reads it is next door. */
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

    private static int little(byte[] in, int at, int bytes) throws Malformed {
        if (bytes > in.length - at) {
            throw broken();
        }
        int value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (in[at + i] & 0xff) << i * Byte.SIZE;
        }
        return value;
    }

    private static Malformed broken() {
        return new Malformed("it is no Snappy block");
    }
}
