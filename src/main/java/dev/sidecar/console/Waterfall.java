package dev.sidecar.console;

import dev.sidecar.loki.LogLine;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Draws the log lines of one request along time. A line that says how long something took is written at its end, and reaches back from there. */
final class Waterfall {

    static final int WIDTH = 1_000;
    /** A moment is to be seen beside seconds. */
    private static final int NARROWEST = 6;
    /** Whoever writes the lines chooses what they say; no request takes longer. */
    private static final double LONGEST_MILLIS = Duration.ofHours(1).toMillis();

    private static final String TOOK = "duration_ms";

    private Waterfall() {}

    /**
     * One line.
     *
     * @param after how long after the first beginning it began
     * @param took how long it took; empty for a line that does not say so
     * @param x where it begins, of {@link #WIDTH}
     * @param width how far it goes
     */
    record Row(LogLine line, String after, String took, int x, int width) {}

    private record Span(
            LogLine line, Instant from, @Nullable Duration took) {

        Instant to() {
            return line.time();
        }
    }

    /** By beginning, so that whoever waited for others comes before them. */
    static List<Row> of(List<LogLine> lines) {
        List<Span> spans = lines.stream()
                .map(Waterfall::span)
                .sorted(Comparator.comparing(Span::from).thenComparing(Span::to, Comparator.reverseOrder()))
                .toList();
        if (spans.isEmpty()) {
            return List.of();
        }
        Instant begin = spans.get(0).from();
        Instant end =
                spans.stream().map(Span::to).max(Comparator.naturalOrder()).orElse(begin);
        double nanosPerUnit = Math.max(1, Duration.between(begin, end).toNanos()) / (double) WIDTH;
        return spans.stream().map(span -> row(span, begin, nanosPerUnit)).toList();
    }

    private static Row row(Span span, Instant begin, double nanosPerUnit) {
        long after = Duration.between(begin, span.from()).toNanos();
        long took = Duration.between(span.from(), span.to()).toNanos();
        int width = Math.max(NARROWEST, (int) Math.round(took / nanosPerUnit));
        int x = Math.min((int) Math.round(after / nanosPerUnit), WIDTH - width);
        return new Row(
                span.line(),
                String.format(Locale.ROOT, "+%.3f s", after / 1e9),
                span.took() == null ? "" : String.format(Locale.ROOT, "%.1f ms", took / 1e6),
                Math.max(0, x),
                Math.min(WIDTH, width));
    }

    private static Span span(LogLine line) {
        double millis = millis(line);
        if (!(millis >= 0 && millis <= LONGEST_MILLIS)) {
            return new Span(line, line.time(), null);
        }
        Duration took = Duration.ofNanos(Math.round(millis * 1e6));
        return new Span(line, line.time().minus(took), took);
    }

    private static double millis(LogLine line) {
        try {
            String known = line.labels().get(TOOK);
            if (known != null) {
                return Double.parseDouble(known);
            }
            return line.text().startsWith("{")
                    ? JsonMapper.shared().readTree(line.text()).path(TOOK).asDouble(Double.NaN)
                    : Double.NaN;
        } catch (JacksonException | NumberFormatException e) {
            return Double.NaN;
        }
    }
}
