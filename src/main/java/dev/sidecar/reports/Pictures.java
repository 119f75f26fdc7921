package dev.sidecar.reports;

import dev.sidecar.reports.DayCount.Mark;
import dev.sidecar.reports.ReportDocument.History;
import dev.sidecar.reports.ReportDocument.Row;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Draws the pictures of a report as SVG within its page. */
final class Pictures {

    private static final int CELL = 8;
    private static final int STRIP = 18;
    private static final int CHART = 140;
    /** Room for the figures at the left, and the dates below. */
    private static final int LEFT = 34;

    private static final int BELOW = 22;

    private Pictures() {}

    /** A ring whose green part is the share of proofs that hold, and whose red part is the share that is broken. */
    static void ring(Html html, ReportDocument document) {
        long broken = count(document, "broken");
        long held = count(document, "held");
        html.begin(
                        "svg",
                        "class",
                        "ring",
                        "viewBox",
                        "0 0 36 36",
                        "role",
                        "img",
                        "aria-label",
                        "%d %% of all proofs hold".formatted(document.score()))
                .begin("circle", "cx", "18", "cy", "18", "r", "15.9155", "class", "rest")
                .end();
        arc(html, "held", 0, held, document.total());
        arc(html, "broken", held, broken, document.total());
        html.element("text", document.score() + " %", "x", "18", "y", "20.6").end();
    }

    private static void arc(Html html, String style, long before, long share, long total) {
        if (share > 0 && total > 0) {
            // The circumference is 100, so that lengths are percentages.
            html.begin(
                            "circle",
                            "cx",
                            "18",
                            "cy",
                            "18",
                            "r",
                            "15.9155",
                            "class",
                            style,
                            "transform",
                            "rotate(-90 18 18)",
                            "stroke-dasharray",
                            decimal(100.0 * share / total) + " 100",
                            "stroke-dashoffset",
                            decimal(-100.0 * before / total))
                    .end();
        }
    }

    private static long count(ReportDocument document, String state) {
        return document.proofs().stream()
                .filter(line -> line.state().equals(state))
                .count();
    }

    private static String decimal(double value) {
        return String.format(java.util.Locale.ROOT, "%.2f", value);
    }

    /** One bar a day: how many proofs had no failure, and how many had one. */
    static void days(Html html, History history, int total) {
        int days = Composer.DAYS;
        int width = LEFT + days * CELL;
        html.begin(
                "svg",
                "class",
                "days",
                "viewBox",
                "0 0 %d %d".formatted(width, CHART + BELOW),
                "role",
                "img",
                "aria-label",
                "Proofs by their verdicts on each of %d days to %s".formatted(days, history.to()));
        for (int line : new int[] {0, total / 2, total}) {
            int y = CHART - height(line, total);
            html.begin("line", "class", "axis", "x1", "" + LEFT, "x2", "" + width, "y1", "" + y, "y2", "" + y)
                    .end();
            html.element("text", "" + line, "x", "" + (LEFT - 6), "y", "" + Math.max(y + 4, 10), "class", "right");
        }
        for (int day = 0; day < days; day++) {
            bar(html, history, day, total);
        }
        LocalDate middle = history.from().plusDays(days / 2);
        html.element("text", history.from().toString(), "x", "" + LEFT, "y", "" + (CHART + 16))
                .element(
                        "text",
                        middle.toString(),
                        "x",
                        "" + (LEFT + days / 2 * CELL),
                        "y",
                        "" + (CHART + 16),
                        "class",
                        "middle")
                .element("text", history.to().toString(), "x", "" + width, "y", "" + (CHART + 16), "class", "right")
                .end();
    }

    private static void bar(Html html, History history, int day, int total) {
        Map<Mark, Integer> marks = new EnumMap<>(Mark.class);
        history.proofs().values().forEach(row -> marks.merge(row.of(day).mark(), 1, Integer::sum));
        int proofs = 0;
        for (Mark mark : List.of(Mark.HELD, Mark.INCONCLUSIVE, Mark.BROKEN)) {
            int count = marks.getOrDefault(mark, 0);
            if (count > 0) {
                proofs += count;
                int top = CHART - height(proofs, total);
                rectangle(
                        html,
                        mark,
                        LEFT + day * CELL,
                        top,
                        CELL - 1,
                        height(proofs, total) - height(proofs - count, total));
            }
        }
    }

    private static int height(int proofs, int total) {
        return total == 0 ? 0 : (CHART - 8) * Math.min(proofs, total) / total;
    }

    /** One cell a day for one proof; cells of one kind are one rectangle. */
    static void strip(Html html, History history, Row row) {
        html.begin(
                "svg",
                "class",
                "strip",
                "viewBox",
                "0 0 %d %d".formatted(row.days() * CELL, STRIP),
                "preserveAspectRatio",
                "none",
                "role",
                "img",
                "aria-label",
                words(history, row));
        int from = 0;
        for (int day = 1; day <= row.days(); day++) {
            Mark mark = row.of(from).mark();
            if (day == row.days() || row.of(day).mark() != mark) {
                rectangle(html, mark, from * CELL, STRIP - mark.height(), (day - from) * CELL - 1, mark.height());
                from = day;
            }
        }
        html.end();
    }

    private static void rectangle(Html html, Mark mark, int x, int y, int width, int height) {
        html.begin("rect", "class", mark.style(), "x", "" + x, "y", "" + y, "width", "" + width, "height", "" + height)
                .end();
    }

    /** Describes a strip, for readers who cannot see it. */
    static String words(History history, Row row) {
        long held = row.held().stream().mapToLong(Integer::longValue).sum();
        long broken = row.broken().stream().mapToLong(Integer::longValue).sum();
        long inconclusive =
                row.inconclusive().stream().mapToLong(Integer::longValue).sum();
        if (held + broken + inconclusive == 0) {
            return "no drill within %d days".formatted(row.days());
        }
        List<LocalDate> failures = IntStream.range(0, row.days())
                .filter(day -> row.broken().get(day) > 0)
                .mapToObj(day -> history.from().plusDays(day))
                .toList();
        List<String> words = new ArrayList<>();
        words.add("%,d of %,d drills held".formatted(held, held + broken + inconclusive));
        if (inconclusive > 0) {
            words.add("%,d inconclusive".formatted(inconclusive));
        }
        if (broken > 0) {
            words.add("%,d broken, on %s".formatted(broken, some(failures)));
        }
        long silent = IntStream.range(0, row.days())
                .filter(day -> row.of(day).mark() == Mark.NONE)
                .count();
        if (silent > 0) {
            words.add("none on %d of %d days".formatted(silent, row.days()));
        }
        return String.join("; ", words);
    }

    private static String some(List<LocalDate> days) {
        int most = 4;
        String newest = String.join(
                ", ",
                days.subList(Math.max(0, days.size() - most), days.size()).stream()
                        .map(LocalDate::toString)
                        .toList());
        return days.size() <= most ? newest : newest + " and %d days before".formatted(days.size() - most);
    }
}
