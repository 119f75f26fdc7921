package dev.sidecar.backup;

import java.time.Duration;
import java.util.Locale;

/** Figures as a person reads them. */
public final class Readable {

    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB"};

    private Readable() {}

    /** Such as {@code 1.2 GB}; decimal, as disks and networks are sold. */
    public static String bytes(double bytes) {
        int unit = 0;
        double value = bytes;
        while (value >= 999.5 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 || value >= 99.5 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
    }

    /** Such as {@code 0:07}, {@code 1:02:30}. */
    public static String duration(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
