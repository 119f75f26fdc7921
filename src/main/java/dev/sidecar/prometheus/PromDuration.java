package dev.sidecar.prometheus;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads durations as Prometheus and Loki write them: {@code 15s}, {@code 30d}, {@code 1h30m}, {@code 720h0m0s}. */
public final class PromDuration {

    private static final Pattern PART = Pattern.compile("(\\d+)(ms|[smhdwy])");

    private PromDuration() {}

    /** Adds the parts that have a unit; zero if there are none. */
    public static Duration parse(String text) {
        Duration sum = Duration.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            sum = sum.plus(unit(part.group(2)).multipliedBy(Long.parseLong(part.group(1))));
        }
        return sum;
    }

    private static Duration unit(String name) {
        return switch (name) {
            case "ms" -> Duration.ofMillis(1);
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            case "d" -> Duration.ofDays(1);
            case "w" -> Duration.ofDays(7);
            case "y" -> Duration.ofDays(365);
            default -> throw new IllegalArgumentException("'" + name + "' is not a unit of time");
        };
    }
}
