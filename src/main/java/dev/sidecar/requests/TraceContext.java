package dev.sidecar.requests;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The trace that a request belongs to, and this program's own part of it, as W3C Trace Context has them: ids in lower-case hexadecimal
 * digits, never all zeros (<a href="https://www.w3.org/TR/trace-context/">trace-context</a>, sections 3.2 and 4).
 *
 * @param traceId 32 digits, the same in every program that the request passes
 * @param spanId 16 digits, of this program's part
 * @param parentId 16 digits, of the part that asked; null if the trace begins here
 * @param sampled the parts are to be kept by whoever keeps traces
 */
public record TraceContext(
        String traceId, String spanId, @Nullable String parentId, boolean sampled) {

    /** The header that carries it. */
    public static final String HEADER = "traceparent";

    /** The header in which tracing systems keep notes of their own about the same trace. */
    public static final String STATE_HEADER = "tracestate";

    /** The fields of a log line that carry it. */
    static final String TRACE_FIELD = "trace_id";

    static final String SPAN_FIELD = "span_id";

    private static final int TRACE_DIGITS = 32;
    private static final int SPAN_DIGITS = 16;
    private static final int TRACE_AT = 3;
    private static final int SPAN_AT = TRACE_AT + TRACE_DIGITS + 1;
    private static final int FLAGS_AT = SPAN_AT + SPAN_DIGITS + 1;
    private static final int LENGTH = FLAGS_AT + 2;
    private static final int SAMPLED = 1;
    private static final char[] DIGITS = "0123456789abcdef".toCharArray();

    /** Begins a trace. @param sampling share of all traces that are sampled, 0 to 1 */
    public static TraceContext begin(double sampling) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        char[] trace = new char[TRACE_DIGITS];
        write(random.nextLong(), trace, 0);
        write(notZero(random), trace, SPAN_DIGITS);
        return new TraceContext(new String(trace), newSpan(random), null, random.nextDouble() < sampling);
    }

    /**
     * Goes on with the trace that came with a request.
     *
     * @param received all values of the header as received; more than one counts as none
     * @return null if it is none, or not well-formed
     */
    public static @Nullable TraceContext continued(List<String> received) {
        if (received.size() != 1 || !isWellFormed(received.get(0))) {
            return null;
        }
        String value = received.get(0);
        return new TraceContext(
                value.substring(TRACE_AT, TRACE_AT + TRACE_DIGITS),
                newSpan(ThreadLocalRandom.current()),
                value.substring(SPAN_AT, SPAN_AT + SPAN_DIGITS),
                (Character.digit(value.charAt(FLAGS_AT + 1), 16) & SAMPLED) == SAMPLED);
    }

    /** The value of the header for the next program, whose parent is this one's part. */
    public String toHeader() {
        return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
    }

    /** Later versions may be longer, and begin in the same way. */
    private static boolean isWellFormed(String value) {
        return value.length() >= LENGTH
                && isHex(value, 0, 2)
                && !value.startsWith("ff")
                && value.charAt(2) == '-'
                && isId(value, TRACE_AT, TRACE_DIGITS)
                && value.charAt(SPAN_AT - 1) == '-'
                && isId(value, SPAN_AT, SPAN_DIGITS)
                && value.charAt(FLAGS_AT - 1) == '-'
                && isHex(value, FLAGS_AT, 2)
                && (value.length() == LENGTH || !value.startsWith("00") && value.charAt(LENGTH) == '-');
    }

    private static boolean isId(String value, int from, int digits) {
        boolean zero = true;
        for (int i = from; i < from + digits; i++) {
            zero &= value.charAt(i) == '0';
        }
        return !zero && isHex(value, from, digits);
    }

    private static boolean isHex(String value, int from, int digits) {
        for (int i = from; i < from + digits; i++) {
            char c = value.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
                return false;
            }
        }
        return true;
    }

    private static String newSpan(ThreadLocalRandom random) {
        char[] span = new char[SPAN_DIGITS];
        write(notZero(random), span, 0);
        return new String(span);
    }

    private static long notZero(ThreadLocalRandom random) {
        long value = random.nextLong();
        return value == 0 ? 1 : value;
    }

    private static void write(long value, char[] to, int from) {
        long rest = value;
        for (int i = from + SPAN_DIGITS - 1; i >= from; i--) {
            to[i] = DIGITS[(int) (rest & 0xf)];
            rest >>>= 4;
        }
    }
}
