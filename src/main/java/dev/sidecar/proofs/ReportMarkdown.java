package dev.sidecar.proofs;

import dev.sidecar.settings.Identity;
import dev.sidecar.text.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** Writes the report as a Markdown document that you can hand on. */
final class ReportMarkdown {

    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

    private final Report report;
    private final StringBuilder text = new StringBuilder();

    private ReportMarkdown(Report report) {
        this.report = report;
    }

    static String of(Report report, Identity identity) {
        return new ReportMarkdown(report).written(identity);
    }

    private String written(Identity identity) {
        text.append("# Readiness of ").append(identity.stack()).append("\n\n");
        text.append(summary(report)).append("\n\n");
        text.append("Written %s on %s (%s). "
                .formatted(MINUTE.format(report.at()), identity.host(), identity.environment()));
        text.append(
                "Every line below is the result of a drill against the live system at the time shown; being configured counts for"
                        + " nothing. *Held*: the drill saw it work. *Broken*: the drill saw it fail. *Inconclusive*: the drill could not run."
                        + " *Off*: a part that it needs is not configured, so it does not count.\n\n");
        totals();
        attention("Broken", Verdict.BROKEN);
        attention("Inconclusive", Verdict.INCONCLUSIVE);
        for (Area area : Area.values()) {
            area(area);
        }
        off();
        if (!report.waiting().isEmpty()) {
            text.append("\n## Not drilled yet\n\n");
            report.waiting().forEach(claim -> item(claim, "the first drill has not run yet."));
        }
        details();
        return text.toString();
    }

    private void totals() {
        text.append("| area | held | broken | inconclusive | off | not drilled yet |\n|---|--:|--:|--:|--:|--:|\n");
        for (Area area : Area.values()) {
            List<Drill> drills = report.of(area);
            text.append("| %s | %d | %d | %d | %d | %d |\n"
                    .formatted(
                            area.title(),
                            count(drills, Verdict.HELD),
                            count(drills, Verdict.BROKEN),
                            count(drills, Verdict.INCONCLUSIVE),
                            drills.stream()
                                    .filter(drill -> !drill.finding().applicable())
                                    .count(),
                            report.waiting().stream()
                                    .filter(claim -> claim.area() == area)
                                    .count()));
        }
    }

    private static long count(List<Drill> drills, Verdict verdict) {
        return drills.stream()
                .filter(drill -> drill.finding().applicable() && drill.verdict() == verdict)
                .count();
    }

    /** The proofs that need action come first. */
    private void attention(String title, Verdict verdict) {
        List<Drill> drills = report.drills().stream()
                .filter(drill -> drill.finding().applicable() && drill.verdict() == verdict)
                .toList();
        if (!drills.isEmpty()) {
            text.append("\n## ").append(title).append("\n\n");
            drills.forEach(drill -> item(drill.claim(), drill.finding().evidence()));
        }
    }

    private void off() {
        List<Drill> drills = report.drills().stream()
                .filter(drill -> !drill.finding().applicable())
                .toList();
        if (!drills.isEmpty()) {
            text.append("\n## Off, and how to turn it on\n\n");
            drills.forEach(drill -> item(drill.claim(), drill.finding().evidence()));
        }
    }

    private void item(Claim claim, String words) {
        text.append("- **%s** %s – %s\n".formatted(claim.id(), claim.sentence(), cell(words)));
    }

    private void details() {
        List<Drill> drills = report.drills().stream()
                .filter(drill -> !drill.finding().details().isEmpty())
                .toList();
        if (drills.isEmpty()) {
            return;
        }
        text.append("\n## Evidence in full\n");
        for (Drill drill : drills) {
            text.append("\n**%s** %s%n\n"
                    .formatted(drill.claim().id(), cell(drill.finding().evidence())));
            drill.finding()
                    .details()
                    .forEach(line -> text.append("- ").append(cell(line)).append('\n'));
        }
    }

    /** Writes the score and the counts as one sentence. */
    static String summary(Report report) {
        StringBuilder summary = new StringBuilder("**%d %%**: %d of %d proofs held"
                .formatted(report.score(), report.count(Verdict.HELD), report.applicable()));
        summary.append(", ").append(report.count(Verdict.BROKEN)).append(" broken");
        summary.append(", ").append(report.count(Verdict.INCONCLUSIVE)).append(" inconclusive");
        if (!report.waiting().isEmpty()) {
            summary.append(", ").append(report.waiting().size()).append(" not drilled yet");
        }
        if (report.notConfigured() > 0) {
            summary.append(". ")
                    .append(report.notConfigured())
                    .append(" more are off because a part is not configured");
        }
        return summary.append('.').toString();
    }

    private void area(Area area) {
        List<Drill> drills = report.of(area).stream()
                .filter(drill -> drill.finding().applicable())
                .toList();
        if (drills.isEmpty()) {
            return;
        }
        text.append("\n## ")
                .append(area.title())
                .append("\n\n| | id | claim | evidence | when |\n|---|---|---|---|---|\n");
        for (Drill drill : drills) {
            text.append("| ")
                    .append(mark(drill))
                    .append(" | ")
                    .append(drill.claim().id())
                    .append(" | ")
                    .append(cell(drill.claim().sentence()))
                    .append(" | ")
                    .append(cell(drill.finding().evidence()))
                    .append(" | ")
                    .append(age(drill.when()))
                    .append(" |\n");
        }
    }

    private static String mark(Drill drill) {
        return switch (drill.verdict()) {
            case HELD -> "✅ held";
            case BROKEN -> "❌ **broken**";
            case INCONCLUSIVE -> "❔ inconclusive";
        };
    }

    private String age(Instant when) {
        return MINUTE.format(when) + ", " + Durations.of(Duration.between(when, report.at())) + " earlier";
    }

    private static String cell(String words) {
        return words.replace("|", "\\|").replaceAll("\\s+", " ");
    }
}
