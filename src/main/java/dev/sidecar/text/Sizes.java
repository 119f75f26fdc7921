package dev.sidecar.text;

import java.util.Locale;

/** Writes amounts of data for a person, in decimal units, as disks and networks are sold. */
public final class Sizes {

    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB"};
    private static final int KILO = 1000;
    /** From here on a value rounds to 100 or 1000, so that its first decimal says nothing or its unit is the next one. */
    private static final double ROUNDS_TO_HUNDRED = 99.5;

    private static final double ROUNDS_TO_KILO = 999.5;

    private Sizes() {}

    /** Writes an amount such as {@code 500 B}, {@code 1.2 GB}, {@code 122 MB}. */
    public static String of(double bytes) {
        int unit = 0;
        double value = bytes;
        while (value >= ROUNDS_TO_KILO && unit < UNITS.length - 1) {
            value /= KILO;
            unit++;
        }
        boolean whole = unit == 0 || value >= ROUNDS_TO_HUNDRED;
        return String.format(Locale.ROOT, whole ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
    }
}
