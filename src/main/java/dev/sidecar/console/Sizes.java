package dev.sidecar.console;

/** Amounts of data as pages say them. */
final class Sizes {

    private static final int KILO = 1000;

    private Sizes() {}

    static String of(long bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB"};
        double value = bytes;
        int unit = 0;
        while (value >= KILO && unit < units.length - 1) {
            value /= KILO;
            unit++;
        }
        return (unit == 0 ? "%.0f %s" : "%.1f %s").formatted(value, units[unit]);
    }
}
