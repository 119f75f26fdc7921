package dev.sidecar.relay;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads one message of Protocol Buffers field by field, within its bounds. */
final class ProtoReader {

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    private static final int LONGEST_NUMBER = 10;

    private final byte[] bytes;
    private final int end;
    private int at;
    private int wire;

    ProtoReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private ProtoReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    int position() {
        return at;
    }

    /** Goes to the next field. @return its number; 0 at the end */
    int next() throws Malformed {
        if (at == end) {
            return 0;
        }
        long key = number();
        wire = (int) key & 7;
        long field = key >>> 3;
        if (field <= 0 || field > Integer.MAX_VALUE) {
            throw broken();
        }
        return (int) field;
    }

    /** The field's value is of this kind. */
    boolean is(int kind) {
        return wire == kind;
    }

    long number() throws Malformed {
        long value = 0;
        for (int i = 0; i < LONGEST_NUMBER; i++) {
            if (at == end) {
                throw broken();
            }
            byte next = bytes[at++];
            value |= (long) (next & 0x7f) << 7 * i;
            if (next >= 0) {
                return value;
            }
        }
        throw broken();
    }

    long fixed64() throws Malformed {
        require(Long.BYTES);
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value |= (long) (bytes[at + i] & 0xff) << i * Byte.SIZE;
        }
        at += Long.BYTES;
        return value;
    }

    ProtoReader message() throws Malformed {
        int length = length();
        ProtoReader inner = new ProtoReader(bytes, at, at + length);
        at += length;
        return inner;
    }

    String text() throws Malformed {
        int length = length();
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, at, length))
                    .toString();
            at += length;
            return text;
        } catch (CharacterCodingException e) {
            throw new Malformed("a text is not UTF-8");
        }
    }

    void skip() throws Malformed {
        switch (wire) {
            case VARINT -> number();
            case FIXED64 -> fixed64();
            case BYTES -> {
                int length = length(); // It moves on itself.
                at += length;
            }
            case FIXED32 -> {
                require(Integer.BYTES);
                at += Integer.BYTES;
            }
            default -> throw broken();
        }
    }

    private int length() throws Malformed {
        if (wire != BYTES) {
            throw broken();
        }
        long length = number();
        if (length < 0 || length > end - at) {
            throw broken();
        }
        return (int) length;
    }

    private void require(int more) throws Malformed {
        if (more > end - at) {
            throw broken();
        }
    }

    private static Malformed broken() {
        return new Malformed("it is no message of Protocol Buffers");
    }
}
