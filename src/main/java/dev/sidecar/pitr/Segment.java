package dev.sidecar.pitr;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a WAL segment.
 *
 * @param timeline of it
 * @param log the middle part of its name
 * @param low the last part of its name
 */
public record Segment(long timeline, long log, long low) implements Comparable<Segment> {

    private static final Pattern NAME = Pattern.compile("([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})");
    private static final Comparator<Segment> ORDER = Comparator.comparingLong(Segment::timeline)
            .thenComparingLong(Segment::log)
            .thenComparingLong(Segment::low);
    private static final long LOG_BYTES = 0x1_0000_0000L;

    static Optional<Segment> parse(String name) {
        Matcher parts = NAME.matcher(name);
        return parts.matches()
                ? Optional.of(new Segment(hex(parts.group(1)), hex(parts.group(2)), hex(parts.group(3))))
                : Optional.empty();
    }

    /** The segment of a timeline with a number. @param size bytes of each segment */
    static Segment of(long timeline, long number, long size) {
        long inLog = LOG_BYTES / size;
        return new Segment(timeline, number / inLog, number % inLog);
    }

    /** Counts it from the beginning of the cluster. @param size bytes of each segment */
    long number(long size) {
        return log * (LOG_BYTES / size) + low;
    }

    static long hex(String digits) {
        return Long.parseLong(digits, 16);
    }

    /** The file's name. */
    public String name() {
        return "%08X%08X%08X".formatted(timeline, log, low);
    }

    @Override
    public int compareTo(Segment other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return name();
    }
}
