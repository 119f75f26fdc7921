package dev.sidecar.postgres;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StreamCorruptedException;

/**
 * Reads what a PostgreSQL server says, message by message, and ends the session at one that is larger than an honest one: the driver
 * makes room for whatever length a message claims. Rows may be large, and a session may hold any number of them; all else is small.
 */
final class LimitedAnswers extends FilterInputStream {

    private static final int HEAD = 5;
    private static final int LARGEST_ROW = 64 << 20;
    private static final int LARGEST_OTHER = 1 << 20;
    private static final long MOST_OTHERS = 64L << 20;

    private final byte[] head = new byte[HEAD];
    private int inHead;
    private long left;
    private long others;

    LimitedAnswers(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int n = in.read(bytes, offset, length);
        int at = offset;
        int end = offset + n;
        while (at < end) {
            if (left > 0) {
                int skipped = (int) Math.min(left, end - at);
                left -= skipped;
                at += skipped;
            } else {
                head[inHead++] = bytes[at++];
                if (inHead == HEAD) {
                    inHead = 0;
                    left = body();
                }
            }
        }
        return n;
    }

    private long body() throws StreamCorruptedException {
        int length = (head[1] & 0xff) << 24 | (head[2] & 0xff) << 16 | (head[3] & 0xff) << 8 | head[4] & 0xff;
        boolean row = head[0] == 'D' || head[0] == 'd';
        others += row ? 0 : length;
        if (length < 4 || length > (row ? LARGEST_ROW : LARGEST_OTHER) || others > MOST_OTHERS) {
            throw new StreamCorruptedException("The scratch server sent a message of %d bytes, or too many of them"
                    .formatted(Integer.toUnsignedLong(length)));
        }
        return length - 4L;
    }
}
