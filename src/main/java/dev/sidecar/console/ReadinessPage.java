package dev.sidecar.console;

import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Drill;
import dev.sidecar.proofs.Report;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.text.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The contents of the readiness page.
 *
 * @param report the figures
 * @param areas those with at least one proof
 * @param running how many drills run now
 * @param now when it was made, in milliseconds of the epoch; the page asks for changes since then
 */
record ReadinessPage(Report report, List<AreaRow> areas, long running, long now) {

    /** The circumference of the ring, in its own units, is 100, so that the score is the length of its arc. */
    public String arc() {
        return report.score() + " 100";
    }

    public long held() {
        return report.count(Verdict.HELD);
    }

    public long brokenCount() {
        return report.count(Verdict.BROKEN);
    }

    public long inconclusive() {
        return report.count(Verdict.INCONCLUSIVE);
    }

    /** The arc of the broken proofs, which begins where that of the held ones ends. */
    public String brokenArc() {
        return share(brokenCount()) + " 100";
    }

    public String brokenFrom() {
        return String.valueOf(-report.score());
    }

    private long share(long count) {
        return report.applicable() == 0 ? 0 : 100 * count / report.applicable();
    }

    record AreaRow(Area area, long held, long broken, long applicable, List<ProofRow> proofs) {

        public String anchor() {
            return area.name().toLowerCase(Locale.ROOT);
        }

        public long percent() {
            return applicable == 0 ? 0 : 100 * held / applicable;
        }

        public long brokenPercent() {
            return applicable == 0 ? 0 : 100 * broken / applicable;
        }

        public List<ProofRow> changed() {
            return proofs.stream().filter(ProofRow::changed).toList();
        }
    }

    record ProofRow(
            Claim claim,
            @Nullable Drill drill,
            boolean running,
            boolean changed,
            List<Strip.Cell> history,
            String age) {

        /** The CSS class of its badge: held, broken, inconclusive, off or waiting. */
        public String state() {
            if (drill == null) {
                return "waiting";
            }
            if (!drill.finding().applicable()) {
                return "off";
            }
            return switch (drill.verdict()) {
                case HELD -> "held";
                case BROKEN -> "broken";
                case INCONCLUSIVE -> "inconclusive";
            };
        }

        public String word() {
            return switch (state()) {
                case "off" -> "not configured";
                case "waiting" -> "not drilled yet";
                default -> state();
            };
        }

        public String evidence() {
            return drill == null
                    ? "The first drill has not run yet."
                    : drill.finding().evidence();
        }

        public String interval() {
            return Durations.rounded(claim.interval());
        }

        public List<String> details() {
            return drill == null ? List.of() : drill.finding().details();
        }
    }

    static ReadinessPage of(
            Report report, Predicate<String> running, Map<String, List<Strip.Cell>> history, Instant since) {
        List<ProofRow> rows = new ArrayList<>();
        for (Drill drill : report.drills()) {
            rows.add(row(drill.claim(), drill, report.at(), running, history, since));
        }
        for (Claim claim : report.waiting()) {
            rows.add(row(claim, null, report.at(), running, history, since));
        }
        rows.sort(Comparator.comparing(row -> row.claim().id()));
        List<AreaRow> areas = Arrays.stream(Area.values())
                .map(area -> area(area, rows))
                .filter(area -> !area.proofs().isEmpty())
                .toList();
        long busy = rows.stream().filter(ProofRow::running).count();
        return new ReadinessPage(report, areas, busy, report.at().toEpochMilli());
    }

    private static AreaRow area(Area area, List<ProofRow> rows) {
        List<ProofRow> proofs =
                rows.stream().filter(row -> row.claim().area() == area).toList();
        return new AreaRow(
                area,
                proofs.stream().filter(row -> row.state().equals("held")).count(),
                proofs.stream().filter(row -> row.state().equals("broken")).count(),
                proofs.stream().filter(row -> !row.state().equals("off")).count(),
                proofs);
    }

    private static ProofRow row(
            Claim claim,
            @Nullable Drill drill,
            Instant now,
            Predicate<String> running,
            Map<String, List<Strip.Cell>> history,
            Instant since) {
        boolean busy = running.test(claim.id());
        // A row with a running drill is sent each time, so that the page shows the end of the run as well as its
        // beginning.
        boolean changed = busy || drill == null || drill.when().isAfter(since.minusSeconds(5));
        String age = drill == null ? "" : Durations.ago(Duration.between(drill.when(), now));
        return new ProofRow(claim, drill, busy, changed, history.getOrDefault(claim.id(), List.of()), age);
    }
}
