package dev.sidecar.console;

import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Drill;
import dev.sidecar.proofs.LeftOut;
import dev.sidecar.proofs.ProofState;
import dev.sidecar.proofs.Report;
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
import java.util.function.ToLongFunction;
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

    /**
     * A part of a ring or of a bar whose whole length is 100. What is not proven, and not broken either, stays as gaps or in grey: a
     * ring is full only if every proof holds.
     *
     * @param state the CSS class
     * @param from where it begins
     * @param length how long it is
     */
    record Part(String state, double from, double length) {

        public String dashes() {
            return String.format(Locale.ROOT, "%.2f 100", length);
        }

        public String offset() {
            return String.format(Locale.ROOT, "%.2f", -from);
        }
    }

    /** The arcs of the ring. */
    public List<Part> arcs() {
        return parts(report::count, report.total());
    }

    /** The states that any proof is in, each with its number; held and broken always. */
    public List<Count> counts() {
        return Arrays.stream(ProofState.values())
                .filter(state -> state == ProofState.HELD || state == ProofState.BROKEN || report.count(state) > 0)
                .map(state -> new Count(state.label(), state.word(), report.count(state)))
                .toList();
    }

    record Count(String state, String word, long number) {}

    private static List<Part> parts(ToLongFunction<ProofState> count, long total) {
        List<Part> parts = new ArrayList<>();
        double from = 0;
        for (ProofState state : ProofState.values()) {
            double length = total == 0 ? 0 : 100.0 * count.applyAsLong(state) / total;
            if (length > 0) {
                parts.add(new Part(state.label(), from, length));
            }
            from += length;
        }
        return parts;
    }

    record AreaRow(Area area, List<Part> bar, List<ProofRow> proofs) {

        public String anchor() {
            return area.name().toLowerCase(Locale.ROOT);
        }

        public long held() {
            return proofs.stream()
                    .filter(row -> row.state().equals(ProofState.HELD.label()))
                    .count();
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
            String age,
            @Nullable String leftOut) {

        private ProofState proofState() {
            return leftOut != null ? ProofState.LEFT_OUT : drill == null ? ProofState.WAITING : drill.state();
        }

        /** The CSS class of its badge. */
        public String state() {
            return proofState().label();
        }

        public String word() {
            return proofState().word();
        }

        /** Nobody can drill what is left out. */
        public boolean canBeProven() {
            return leftOut == null;
        }

        public String evidence() {
            if (leftOut != null) {
                return "Left out on purpose: " + leftOut;
            }
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
        for (LeftOut out : report.leftOut()) {
            rows.add(new ProofRow(out.claim(), null, false, false, List.of(), "", out.reason()));
        }
        rows.sort(Comparator.comparing(row -> row.claim().id()));
        List<AreaRow> areas = Arrays.stream(Area.values())
                .map(area -> area(area, rows, report))
                .filter(area -> !area.proofs().isEmpty())
                .toList();
        long busy = rows.stream().filter(ProofRow::running).count();
        return new ReadinessPage(report, areas, busy, report.at().toEpochMilli());
    }

    private static AreaRow area(Area area, List<ProofRow> rows, Report report) {
        List<ProofRow> proofs =
                rows.stream().filter(row -> row.claim().area() == area).toList();
        return new AreaRow(area, parts(state -> report.count(area, state), proofs.size()), proofs);
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
        return new ProofRow(claim, drill, busy, changed, history.getOrDefault(claim.id(), List.of()), age, null);
    }
}
