package dev.sidecar.proofs;

import dev.sidecar.settings.Identity;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
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
        text.append("# Readiness of ")
                .append(HostileText.forMarkdown(identity.stack()))
                .append("\n\n");
        text.append(summary(report)).append("\n\n");
        text.append("Written %s on %s (%s). "
                .formatted(
                        MINUTE.format(report.at()),
                        HostileText.forMarkdown(identity.host()),
                        HostileText.forMarkdown(identity.environment())));
        text.append(
                "Every line below is the result of a drill against the live system at the time shown; being configured counts for"
                        + " nothing. *Held*: the drill saw it work. *Broken*: the drill saw it fail. *Inconclusive*: the drill could not run."
                        + " *Not set up*: something that it needs is not configured. *Left out*: the team excluded this proof, for the reason given."
                        + " Only a proof that held counts as proven.\n\n");
        totals();
        attention("Broken", ProofState.BROKEN);
        attention("Inconclusive", ProofState.INCONCLUSIVE);
        attention("Starting", ProofState.STARTING);
        for (Area area : Area.values()) {
            area(area);
        }
        attention("Not set up, and how to set it up", ProofState.NOT_SET_UP);
        leftOut();
        if (!report.waiting().isEmpty()) {
            text.append("\n## Not drilled yet\n\n");
            report.waiting().forEach(claim -> item(claim, "the first drill has not run yet."));
        }
        details();
        return text.toString();
    }

    private void totals() {
        text.append("| area |");
        for (ProofState state : ProofState.values()) {
            text.append(' ').append(state.word()).append(" |");
        }
        text.append("\n|---|").append("--:|".repeat(ProofState.values().length)).append('\n');
        for (Area area : Area.values()) {
            text.append("| ").append(area.title()).append(" |");
            for (ProofState state : ProofState.values()) {
                text.append(' ').append(report.count(area, state)).append(" |");
            }
            text.append('\n');
        }
    }

    /** The proofs that need action come first. */
    private void attention(String title, ProofState state) {
        List<Drill> drills =
                report.drills().stream().filter(drill -> drill.state() == state).toList();
        if (!drills.isEmpty()) {
            text.append("\n## ").append(title).append("\n\n");
            drills.forEach(drill -> item(drill.claim(), drill.finding().evidence()));
        }
    }

    private void leftOut() {
        if (!report.leftOut().isEmpty()) {
            text.append("\n## Left out on purpose\n\n");
            report.leftOut().forEach(out -> item(out.claim(), out.reason()));
        }
    }

    private void item(Claim claim, String words) {
        text.append("- **%s** %s – %s\n".formatted(claim.id(), claim.sentence(), HostileText.forMarkdown(words)));
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
                    .formatted(
                            drill.claim().id(),
                            HostileText.forMarkdown(drill.finding().evidence())));
            drill.finding()
                    .details()
                    .forEach(line -> text.append("- ")
                            .append(HostileText.forMarkdown(line))
                            .append('\n'));
        }
    }

    /** Writes the score and the counts as one sentence. */
    static String summary(Report report) {
        return "**%s** (%d %%).".formatted(report.headline(), report.score());
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
                    .append(HostileText.forMarkdown(drill.finding().evidence()))
                    .append(" | ")
                    .append(age(drill.when()))
                    .append(" |\n");
        }
    }

    private static String mark(Drill drill) {
        return switch (drill.state()) {
            case HELD -> "✅ held";
            case BROKEN -> "❌ **broken**";
            default -> "❔ " + drill.state().word();
        };
    }

    private String age(Instant when) {
        return MINUTE.format(when) + ", " + Durations.of(Duration.between(when, report.at())) + " earlier";
    }

    private static String cell(String words) {
        return words.replace("|", "\\|").replaceAll("\\s+", " ");
    }
}
