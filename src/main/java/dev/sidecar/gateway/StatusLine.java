package dev.sidecar.gateway;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Checks the first line of an answer, of which Netty takes much that a client may read in another way, such as a status of two digits. */
final class StatusLine {

    private static final byte[] PROTOCOL = "HTTP/".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION_LENGTH = "1.1".length();
    private static final int STATUS_LENGTH = 3;

    private StatusLine() {}

    /** Finds what is wrong with a line without its end; null if nothing is. */
    static @Nullable AnswerDefect defect(byte[] in, int from, int to) {
        for (int i = 0; i < PROTOCOL.length; i++) {
            if (from + i >= to || in[from + i] != PROTOCOL[i]) {
                return AnswerDefect.OTHER;
            }
        }
        int version = from + PROTOCOL.length;
        int status = version + VERSION_LENGTH;
        while (status < to && in[status] == ' ') {
            status++;
        }
        int end = status + STATUS_LENGTH;
        boolean sound = status > version + VERSION_LENGTH
                && end <= to
                && isDigit(in[version], '0')
                && in[version + 1] == '.'
                && isDigit(in[version + 2], '0')
                && isDigit(in[status], '1')
                && isDigit(in[status + 1], '0')
                && isDigit(in[status + 2], '0')
                && (end == to || in[end] == ' ');
        if (!sound) {
            return AnswerDefect.STATUS_LINE;
        }
        for (int i = end; i < to; i++) {
            if (UpstreamResponseDecoder.isControl(in[i])) {
                return AnswerDefect.CONTROL_CHARACTER;
            }
        }
        return null;
    }

    private static boolean isDigit(byte c, char least) {
        return c >= least && c <= '9';
    }
}
