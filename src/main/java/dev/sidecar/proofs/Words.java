package dev.sidecar.proofs;

import java.time.Duration;
import java.util.Collection;

/** Figures as evidence says them. */
public final class Words {

    private static final long KILO = 1000;

    private Words() {}

    /** An age or a duration: {@code 12 s}, {@code 3 min}, {@code 7.5 h}, {@code 2.1 d}. */
    public static String time(Duration duration) {
        double seconds = duration.toMillis() / 1000.0;
        if (seconds < 1) {
            return "%d ms".formatted(duration.toMillis());
        }
        if (seconds < 120) {
            return "%.0f s".formatted(seconds);
        }
        if (seconds < 7200) {
            return "%.0f min".formatted(seconds / 60);
        }
        return seconds < 172_800 ? "%.1f h".formatted(seconds / 3600) : "%.1f d".formatted(seconds / 86_400);
    }

    /** An amount of data: {@code 7 kB}, {@code 12.3 MB}. */
    public static String bytes(double bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB"};
        int unit = 0;
        double value = bytes;
        while (value >= KILO && unit < units.length - 1) {
            value /= KILO;
            unit++;
        }
        return (value < 100 && unit > 0 ? "%.1f %s" : "%.0f %s").formatted(value, units[unit]);
    }

    public static String list(Collection<?> things) {
        return String.join(", ", things.stream().map(Object::toString).toList());
    }
}
