package dev.sidecar.alerts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A copy of the real configuration in which time runs faster, so that nobody need wait a quarter of an hour for an alert: every waiting
 * time and every range of an expression is divided by one number (scraping becomes two seconds), thresholds and everything else stay. What is exact about time
 * is proven by promtool on the files as they are.
 */
public final class Hurried {

    private static final Pattern WAIT =
            Pattern.compile("(?m)^(\\s*(?:- )?(?:for|keep_firing_for|group_wait|group_interval|repeat_interval"
                    + "|evaluation_interval): )(\\d+)([smhd])$");
    private static final Pattern RANGE = Pattern.compile("(\\[)(\\d+)([smhd])(?=])");

    private Hurried() {}

    /** @param factor by which waiting times are divided */
    public static void alertmanager(Path config, int factor) throws IOException {
        Files.writeString(config, hurry(Files.readString(config), WAIT, factor));
    }

    public static void prometheus(Path config, int factor) throws IOException {
        // The exporter of a stopped PostgreSQL takes a second to say so.
        prometheus(config, factor, 2);
    }

    /**
     * @param factor by which waiting times and ranges are divided
     * @param seconds between two scrapes
     */
    public static void prometheus(Path config, int factor, int seconds) throws IOException {
        String scraped = Files.readString(config)
                .replaceAll("(?m)^(\\s*scrape_(?:interval|timeout)): \\d+s$", "$1: " + seconds + "s");
        Files.writeString(config, hurry(scraped, WAIT, factor));
        try (Stream<Path> rules = Files.list(config.resolveSibling("rules"))) {
            for (Path file : rules.toList()) {
                Files.writeString(file, hurry(hurry(Files.readString(file), WAIT, factor), RANGE, factor));
            }
        }
    }

    private static String hurry(String text, Pattern times, int factor) {
        return times.matcher(text)
                .replaceAll(time -> Matcher.quoteReplacement(
                        time.group(1) + milliseconds(time.group(2), time.group(3)) / factor + "ms"));
    }

    private static long milliseconds(String count, String unit) {
        long seconds = Long.parseLong(count);
        if (Set.of("m", "h", "d").contains(unit)) {
            seconds *= unit.equals("m") ? 60 : unit.equals("h") ? 3_600 : 86_400;
        }
        return seconds * 1_000;
    }
}
