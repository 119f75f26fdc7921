package dev.sidecar.console;

import java.time.Duration;

/** Ages as pages say them. */
final class Ages {

    private Ages() {}

    static String ago(Duration age) {
        return length(age) + " ago";
    }

    static String length(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 90) {
            return seconds + " s";
        }
        if (seconds < 5400) {
            return Math.round(seconds / 60.0) + " min";
        }
        return seconds < 129_600 ? Math.round(seconds / 3600.0) + " h" : Math.round(seconds / 86_400.0) + " d";
    }
}
