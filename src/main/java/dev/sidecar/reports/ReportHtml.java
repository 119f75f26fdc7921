package dev.sidecar.reports;

import dev.sidecar.reports.ReportDocument.Change;
import dev.sidecar.reports.ReportDocument.Changes;
import dev.sidecar.reports.ReportDocument.Line;
import dev.sidecar.reports.ReportDocument.Row;
import dev.sidecar.reports.ReportDocument.Towards;
import dev.sidecar.sets.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes a report as one page that needs nothing else: no script, no picture and no style sheet from anywhere. Its own policy has the browser
 * load and run nothing, whatever stands in it.
 */
final class ReportHtml {

    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

    private static final int LARGEST_STYLE = 64 << 10;

    private final ReportDocument document;
    private final Html html;

    private ReportHtml(ReportDocument document, String style) {
        this.document = document;
        byte[] hash = HexFormat.of().parseHex(Sha256.of(style.getBytes(StandardCharsets.UTF_8)));
        this.html = new Html("""
                <!DOCTYPE html>
                <html lang="en">
                <meta charset="utf-8">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-%s'; form-action 'none'; base-uri 'none'">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light">
                <style>%s</style>
                """.formatted(Base64.getEncoder().encodeToString(hash), style));
    }

    static byte[] of(ReportDocument document) {
        return new ReportHtml(document, style()).written().getBytes(StandardCharsets.UTF_8);
    }

    private static String style() {
        try (InputStream in = Objects.requireNonNull(ReportHtml.class.getResourceAsStream("report.css"))) {
            return new String(in.readNBytes(LARGEST_STYLE), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String written() {
        html.element("title", "Readiness of %s, %s".formatted(document.stack(), MINUTE.format(document.at())))
                .begin("body")
                .begin("main");
        head();
        changes();
        history();
        areas();
        controls();
        details();
        check();
        return html.toString();
    }

    private void head() {
        html.begin("header");
        Pictures.ring(html, document);
        html.begin("div")
                .element("h1", "Readiness of " + document.stack())
                .element("p", document.summary(), "class", "summary")
                .element(
                        "p",
                        "Signed %s on %s (%s) by sidecar %s with key %s. Report %s."
                                .formatted(
                                        MINUTE.format(document.at()),
                                        document.host(),
                                        document.environment(),
                                        document.version(),
                                        document.key(),
                                        document.id()),
                        "class",
                        "soft")
                .end()
                .end();
        html.element(
                "p",
                "Every line is the result of a drill against the live system at the time shown; nothing counts as working just because it is configured."
                        + " The score is the share of all proofs that hold, rounded down. Only a proof that held counts as proven.");
    }

    private void changes() {
        Changes since = document.since();
        html.begin("section").element("h2", "What changed since the last signed report");
        if (since == null) {
            html.element("p", "This is the first signed report.").end();
            return;
        }
        html.element(
                "p",
                "Since report %s of %s: the score %s, %s."
                        .formatted(
                                since.id(),
                                MINUTE.format(since.at()),
                                difference(since),
                                since.proofs().isEmpty()
                                        ? "no proof stands differently"
                                        : counted(since.proofs().size()) + " differently"));
        if (!since.proofs().isEmpty()) {
            html.begin("ul", "class", "changes");
            for (Change change : since.proofs()) {
                html.begin("li")
                        .element("b", change.id())
                        .text(" was %s, is %s".formatted(change.from(), change.to()))
                        .end();
            }
            html.end();
        }
        list("New proofs", since.added());
        list("Proofs that no longer exist", since.gone());
        html.end();
    }

    private static String counted(int proofs) {
        return proofs == 1 ? "1 proof stands" : proofs + " proofs stand";
    }

    static String difference(Changes since) {
        int points = since.difference();
        return points == 0
                ? "is still %d %%".formatted(since.score())
                : "%s from %d %% to %d %%"
                        .formatted(points > 0 ? "rose" : "fell", since.score(), since.score() + points);
    }

    private void list(String title, List<String> ids) {
        if (!ids.isEmpty()) {
            html.element("p", title + ": " + String.join(", ", ids) + ".");
        }
    }

    private void history() {
        html.begin("section", "class", "whole").element("h2", "The last %d days".formatted(Composer.DAYS));
        Pictures.days(html, document.history(), document.total());
        html.begin("p", "class", "legend");
        legend("held", "every drill of the day held");
        legend("broken", "at least one drill was broken");
        legend("inconclusive", "no drill could run");
        legend("none", "no drill");
        html.end()
                .element(
                        "p",
                        "Days are of UTC; the last one is not over. The sidecar counts the drills itself, so days before it kept this"
                                + " history, or on which it did not run, are empty.",
                        "class",
                        "soft")
                .end();
    }

    private void legend(String mark, String words) {
        html.begin("span", "class", "key")
                .begin("svg", "viewBox", "0 0 10 10", "aria-hidden", "true")
                .begin("rect", "class", mark, "width", "10", "height", "10")
                .end()
                .end()
                .text(" " + words)
                .end();
    }

    private void areas() {
        Map<String, List<Line>> areas = document.proofs().stream()
                .collect(Collectors.groupingBy(Line::area, LinkedHashMap::new, Collectors.toList()));
        areas.forEach((area, lines) -> {
            html.begin("section").element("h2", area);
            lines.forEach(this::proof);
            html.end();
        });
    }

    private void proof(Line line) {
        html.begin("article", "class", line.state())
                .begin("h3")
                .element("span", line.word(), "class", "badge " + line.state())
                .element("span", line.id(), "class", "id")
                .text(" " + line.sentence())
                .end()
                .element("p", line.evidence(), "class", "evidence");
        Row row = document.history().proofs().get(line.id());
        html.begin("p", "class", "soft");
        Instant at = line.at();
        if (at != null) {
            html.text("Last drill " + MINUTE.format(at) + ". ");
        }
        if (row != null) {
            html.text("%d days: %s.".formatted(row.days(), Pictures.words(document.history(), row)));
        }
        html.end();
        if (row != null) {
            Pictures.strip(html, document.history(), row);
        }
        html.end();
    }

    private void controls() {
        Map<String, Line> lines =
                document.proofs().stream().collect(Collectors.toMap(Line::id, line -> line, (first, second) -> first));
        html.begin("section")
                .element("h2", "What this is evidence towards")
                .element(
                        "p",
                        "The proofs are evidence towards the requirements below, as far as each row says. They are no statement that a"
                                + " requirement is met: that takes what no drill can see, and is for your auditor to say.")
                .begin("table")
                .begin("thead")
                .begin("tr");
        for (String title : List.of("Requirement", "Evidence towards it", "Not shown here", "Proofs")) {
            html.element("th", title, "scope", "col");
        }
        html.end().end().begin("tbody");
        Set<String> frameworks = new LinkedHashSet<>();
        for (Towards control : document.controls()) {
            if (frameworks.add(control.framework())) {
                html.begin("tr")
                        .element("th", control.framework(), "colspan", "4", "scope", "colgroup")
                        .end();
            }
            html.begin("tr")
                    .begin("td")
                    .element("b", control.clause())
                    .text(" " + control.title())
                    .end()
                    .element("td", control.evidenceTowards())
                    .element("td", control.notShown())
                    .begin("td", "class", "ids");
            for (String id : control.proofs()) {
                Line line = lines.get(id);
                html.element("span", id, "class", line == null ? "none" : line.state())
                        .text(" ");
            }
            html.end().end();
        }
        html.end().end();
        String none = document.notMapped().isEmpty()
                ? ""
                : " Evidence towards none of these: " + String.join(", ", document.notMapped()) + ".";
        html.element(
                        "p",
                        "A proof in green held, one in red and underlined was broken, the others proved nothing."
                                + none,
                        "class",
                        "soft")
                .end();
    }

    private void details() {
        List<Line> lines = document.proofs().stream()
                .filter(line -> !line.details().isEmpty())
                .toList();
        if (lines.isEmpty()) {
            return;
        }
        html.begin("section").element("h2", "Evidence in full");
        for (Line line : lines) {
            html.element("h3", line.id()).begin("ul", "class", "details");
            line.details().forEach(detail -> html.element("li", detail));
            html.end();
        }
        html.end();
    }

    private void check() {
        html.begin("section")
                .element("h2", "Is this page what was signed?")
                .begin("p")
                .text(
                        "Put %s%s next to it, and get the public key from somebody you trust (its ID must be %s, which begins the key's SHA-256). Then "
                                .formatted(document.name(), ReportFolder.ENVELOPE, document.key()))
                .element("code", "sidecar report verify %s.html --public-key FILE".formatted(document.name()))
                .text(
                        " says whether page and data are those that the sidecar signed. It needs no server, and stock programs can do it as well.")
                .end()
                .end();
    }
}
