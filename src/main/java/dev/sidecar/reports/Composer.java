package dev.sidecar.reports;

import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Drill;
import dev.sidecar.proofs.LeftOut;
import dev.sidecar.proofs.ProofState;
import dev.sidecar.proofs.Report;
import dev.sidecar.reports.ReportDocument.Change;
import dev.sidecar.reports.ReportDocument.Changes;
import dev.sidecar.reports.ReportDocument.History;
import dev.sidecar.reports.ReportDocument.Line;
import dev.sidecar.reports.ReportDocument.Row;
import dev.sidecar.reports.ReportDocument.Towards;
import dev.sidecar.settings.Identity;
import dev.sidecar.text.HostileText;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes the contents of a signed report: the readiness report, what changed, what it is evidence towards, and the days before. */
final class Composer {

    static final int DAYS = 90;

    private static final int MOST_DETAILS = 100;
    private static final int LONGEST = 2_000;

    private final Identity identity;
    private final String version;
    private final VerdictLog verdicts;

    Composer(Identity identity, String version, VerdictLog verdicts) {
        this.identity = identity;
        this.version = version;
        this.verdicts = verdicts;
    }

    /** @param last the report before; null if this is the first */
    ReportDocument compose(String id, Report report, String key, @Nullable ReportDocument last) {
        List<Line> lines = lines(report);
        return new ReportDocument(
                id,
                report.at(),
                identity.stack(),
                identity.host(),
                identity.environment(),
                version,
                key,
                report.headline(),
                report.score(),
                report.isComplete(),
                report.total(),
                lines,
                last == null ? null : changes(last, report.score(), lines),
                Arrays.stream(Control.values()).map(Composer::towards).toList(),
                lines.stream()
                        .map(Line::id)
                        .filter(proof -> !Control.mapped().contains(proof))
                        .toList(),
                history(LocalDate.ofInstant(report.at(), ZoneOffset.UTC), lines));
    }

    String nameOf(String id) {
        return ReportDocument.name(identity.stack(), id);
    }

    private static List<Line> lines(Report report) {
        Map<Claim, Line> lines = new LinkedHashMap<>();
        for (Drill drill : report.drills()) {
            lines.put(
                    drill.claim(),
                    line(drill.claim(), drill.state(), drill.finding().evidence(), drill));
        }
        for (Claim claim : report.waiting()) {
            lines.put(claim, line(claim, ProofState.WAITING, "The first drill has not run yet.", null));
        }
        for (LeftOut out : report.leftOut()) {
            lines.put(
                    out.claim(), line(out.claim(), ProofState.LEFT_OUT, "Left out on purpose: " + out.reason(), null));
        }
        return lines.entrySet().stream()
                .sorted(Comparator.comparing(
                                (Map.Entry<Claim, Line> entry) -> entry.getKey().area())
                        .thenComparing(entry -> entry.getKey().id()))
                .map(Map.Entry::getValue)
                .toList();
    }

    private static Line line(Claim claim, ProofState state, String evidence, @Nullable Drill drill) {
        return new Line(
                claim.id(),
                claim.area().title(),
                claim.sentence(),
                state.label(),
                state.word(),
                limited(evidence),
                drill == null ? List.of() : details(drill.finding().details()),
                drill == null ? null : drill.when());
    }

    private static List<String> details(List<String> all) {
        List<String> kept = new ArrayList<>(
                all.stream().limit(MOST_DETAILS).map(Composer::limited).toList());
        if (all.size() > MOST_DETAILS) {
            kept.add("… and %d more".formatted(all.size() - MOST_DETAILS));
        }
        return kept;
    }

    private static String limited(String text) {
        String line = HostileText.line(text);
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }

    static Changes changes(ReportDocument last, int score, List<Line> lines) {
        Map<String, Line> before = byId(last.proofs());
        Map<String, Line> now = byId(lines);
        List<Change> changed = lines.stream()
                .flatMap(line -> change(before.get(line.id()), line).stream())
                .toList();
        return new Changes(
                last.id(),
                last.at(),
                last.score(),
                score - last.score(),
                changed,
                now.keySet().stream().filter(id -> !before.containsKey(id)).toList(),
                before.keySet().stream().filter(id -> !now.containsKey(id)).toList());
    }

    private static Optional<Change> change(@Nullable Line before, Line now) {
        return before == null || before.word().equals(now.word())
                ? Optional.empty()
                : Optional.of(new Change(now.id(), before.word(), now.word()));
    }

    private static Map<String, Line> byId(List<Line> lines) {
        return lines.stream()
                .collect(Collectors.toMap(Line::id, Function.identity(), (first, second) -> first, LinkedHashMap::new));
    }

    private static Towards towards(Control control) {
        return new Towards(
                control.framework(),
                control.clause(),
                control.title(),
                control.shown(),
                control.notShown(),
                control.proofs());
    }

    private History history(LocalDate to, List<Line> lines) {
        LocalDate from = to.minusDays(DAYS - 1);
        Map<String, List<DayCount>> days = new TreeMap<>();
        lines.forEach(line -> days.put(line.id(), new ArrayList<>()));
        for (LocalDate day = from; !day.isAfter(to); day = day.plusDays(1)) {
            Map<String, DayCount> counts = verdicts.of(day);
            days.forEach((id, row) -> row.add(counts.getOrDefault(id, DayCount.NONE)));
        }
        Map<String, Row> rows = new LinkedHashMap<>();
        lines.forEach(line -> rows.put(line.id(), row(days.getOrDefault(line.id(), List.of()))));
        return new History(from, to, rows);
    }

    private static Row row(List<DayCount> counts) {
        return new Row(
                counts.stream().map(DayCount::held).toList(),
                counts.stream().map(DayCount::broken).toList(),
                counts.stream().map(DayCount::inconclusive).toList());
    }
}
