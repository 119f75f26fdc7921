package dev.sidecar.proofs;

import dev.sidecar.settings.Identity;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** The report as a document that can be handed to somebody. */
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
        text.append("Written ")
                .append(MINUTE.format(report.at()))
                .append(" on ")
                .append(identity.host())
                .append(" (")
                .append(identity.environment())
                .append(
                        "). Every line is a drill that ran against the live system at the time it names; nothing is ticked because it is")
                .append(" configured.\n");
        for (Area area : Area.values()) {
            area(area);
        }
        if (!report.waiting().isEmpty()) {
            text.append("\n## Not drilled yet\n\n");
            report.waiting()
                    .forEach(claim -> text.append("- ")
                            .append(claim.id())
                            .append(" ")
                            .append(claim.sentence())
                            .append('\n'));
        }
        return text.toString();
    }

    /** One sentence with the score and what stands beside it. */
    static String summary(Report report) {
        StringBuilder summary = new StringBuilder("**%d %%**: %d of %d proofs held"
                .formatted(report.score(), report.count(Verdict.HELD), report.applicable()));
        summary.append(", ").append(report.count(Verdict.BROKEN)).append(" broken");
        summary.append(", ").append(report.count(Verdict.INCONCLUSIVE)).append(" inconclusive");
        if (!report.waiting().isEmpty()) {
            summary.append(", ").append(report.waiting().size()).append(" not drilled yet");
        }
        if (report.notConfigured() > 0) {
            summary.append(". ").append(report.notConfigured()).append(" more need something that is not configured");
        }
        return summary.append('.').toString();
    }

    private void area(Area area) {
        List<Drill> drills = report.of(area);
        if (drills.isEmpty()) {
            return;
        }
        text.append("\n## ")
                .append(area.title())
                .append("\n\n| | id | what must hold | what was seen | when |\n|---|---|---|---|---|\n");
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
        if (!drill.finding().applicable()) {
            return "– off";
        }
        return switch (drill.verdict()) {
            case HELD -> "✅ held";
            case BROKEN -> "❌ **broken**";
            case INCONCLUSIVE -> "❔ inconclusive";
        };
    }

    private String age(Instant when) {
        return MINUTE.format(when) + ", " + Words.time(Duration.between(when, report.at())) + " before";
    }

    private static String cell(String words) {
        return words.replace("|", "\\|").replaceAll("\\s+", " ");
    }
}
