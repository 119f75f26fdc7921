package dev.sidecar.text;

import java.time.Duration;
import java.util.Locale;

/** Writes durations for a person: exact for evidence, rounded for pages, or as a clock while somebody waits. */
public final class Durations {

    private static final double MINUTE = 60;
    private static final double HOUR = 3600;
    private static final double DAY = 86_400;
    /** A duration takes a larger unit from two of it on, so that a figure keeps two digits. */
    private static final double FROM = 2;
    /** A rounded duration takes a larger unit from one and a half of it on. */
    private static final double ROUNDED_FROM = 1.5;

    private Durations() {}

    /**
     * Writes a duration as evidence, which shows how close a figure is to its limit: {@code 450 ms}, {@code 12 s}, {@code 3 min}, {@code 7.5 h},
     * {@code 2.1 d}.
     */
    public static String of(Duration duration) {
        if (duration.isNegative()) {
            return "-" + of(duration.negated());
        }
        double seconds = duration.toMillis() / 1000.0;
        if (seconds < 1) {
            return duration.toMillis() + " ms";
        }
        if (seconds < FROM * MINUTE) {
            return "%.0f s".formatted(seconds);
        }
        if (seconds < FROM * HOUR) {
            return "%.0f min".formatted(seconds / MINUTE);
        }
        return seconds < FROM * DAY ? decimal(seconds / HOUR, "h") : decimal(seconds / DAY, "d");
    }

    /** Writes a duration for a page, read at a glance: {@code 12 s}, {@code 3 min}, {@code 8 h}, {@code 2 d}. */
    public static String rounded(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < ROUNDED_FROM * MINUTE) {
            return seconds + " s";
        }
        if (seconds < ROUNDED_FROM * HOUR) {
            return Math.round(seconds / MINUTE) + " min";
        }
        return seconds < ROUNDED_FROM * DAY ? Math.round(seconds / HOUR) + " h" : Math.round(seconds / DAY) + " d";
    }

    /** Writes an age for a page: {@code 8 h ago}. */
    public static String ago(Duration age) {
        return rounded(age) + " ago";
    }

    /** Writes a duration for the command line, where it changes every second: {@code 0:07}, {@code 1:02:30}. */
    public static String clock(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < HOUR
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    private static String decimal(double value, String unit) {
        return String.format(Locale.ROOT, "%.1f %s", value, unit);
    }
}
