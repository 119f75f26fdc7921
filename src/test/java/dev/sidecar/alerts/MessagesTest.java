package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import dev.sidecar.support.Regenerated;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * People read the messages of {@code alertmanager/samples}, rendered by amtool with the templates that Alertmanager uses. A
 * changed text fails until {@code ./regenerate messages} has written the samples anew, so that somebody has looked at them.
 */
class MessagesTest {

    private static final Path SAMPLES = Path.of("alertmanager/samples");
    private static final String PUBLIC = "https://alerts.example.org";
    private static final String HERE = "http://localhost:9093";

    @TempDir
    Path directory;

    record Sample(String name, String externalUrl, List<Alert> alerts) {
        @Override
        public String toString() {
            return name;
        }
    }

    record Alert(boolean firing, Map<String, String> labels, Map<String, String> annotations) {}

    static Stream<Sample> samples() {
        Map<String, String> database = labels("DatabaseConnectionFailed", "postgres", Map.of());
        Map<String, String> hostile = Map.of(
                "summary", "<!channel> & <https://evil.example|click>\nFIRING    all is well",
                "description", "<script>alert(1)</script>\r\nBcc: everybody@example.org",
                "runbook_url", "javascript:alert(1)",
                "dashboard_url", "https://evil.example/a|b> <!here>");
        return Stream.of(
                new Sample(
                        "firing", PUBLIC, List.of(new Alert(true, database, texts("postgres on h1 does not answer")))),
                new Sample(
                        "resolved",
                        PUBLIC,
                        List.of(new Alert(false, database, texts("postgres on h1 does not answer")))),
                new Sample("local", HERE, List.of(new Alert(true, database, local()))),
                new Sample(
                        "drill",
                        PUBLIC,
                        List.of(new Alert(
                                true,
                                labels("Drill", "drill-1", Map.of("drill", "true")),
                                Map.of("summary", "This is a test of the route default")))),
                new Sample(
                        "drill-resolved",
                        PUBLIC,
                        List.of(new Alert(false, labels("Drill", "drill-1", Map.of("drill", "true")), Map.of()))),
                new Sample(
                        "without-summary",
                        PUBLIC,
                        List.of(new Alert(true, labels("TheirOwnRule", "worker", Map.of()), Map.of()))),
                new Sample(
                        "without-labels",
                        PUBLIC,
                        List.of(new Alert(true, Map.of("alertname", "TheirOwnRule"), Map.of()))),
                new Sample(
                        "hostile",
                        PUBLIC,
                        List.of(new Alert(true, labels("<!everyone>", "a\nSubject: x", Map.of()), hostile))),
                new Sample(
                        "formats",
                        PUBLIC,
                        List.of(new Alert(
                                true,
                                labels("Format*_`s", "worker", Map.of()),
                                Map.of(
                                        "summary",
                                        "@everyone @here @channel <users/all> `code` *bold* _it_ ~s~ [click](https://evil.example) {{now}}",
                                        "description",
                                        "a: b \u202egnp.exe\u202c \u0007 # \u05e9\u05dc\u05d5\u05dd \ud83d\udd25 "
                                                + "long ".repeat(20_000),
                                        "runbook_url",
                                        "https://evil.example/a](b)<c>|d")))),
                new Sample("many", PUBLIC, many()));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void aMessageIsTheOneThatSomebodyLookedAt(Sample sample) throws IOException {
        Path data = data(sample);
        String text = "Subject: " + render("text", "sidecar.subject", data)
                + "\n\n---- mail, as text\n" + render("text", "sidecar.text", data)
                + "\n---- Slack\n" + render("text", "sidecar.slack.text", data) + "\n";
        String html = render("html", "sidecar.html", data);
        Path textFile = SAMPLES.resolve(sample.name() + ".txt");
        Path htmlFile = SAMPLES.resolve(sample.name() + ".html");
        Regenerated.leave(textFile, text);
        Regenerated.leave(htmlFile, html);

        assertThat(text).isEqualTo(Files.readString(textFile));
        assertThat(html).isEqualTo(Files.readString(htmlFile));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void noTextEscapesFromItsPlace(Sample sample) throws IOException {
        Path data = data(sample);
        String subject = render("text", "sidecar.subject", data);
        String slack = render("text", "sidecar.slack.text", data);
        String html = render("html", "sidecar.html", data);
        String mail = render("text", "sidecar.text", data);

        assertThat(subject).doesNotContain("\n", "\r", "<", "  ").hasSizeLessThan(500);
        assertThat(slack)
                .doesNotContain("<!", "<@", "|click>", "<|", "javascript:")
                .hasSizeLessThan(8_000);
        assertThat(html).doesNotContain("<script", "href=\"\"", "href=\"#Zgot", "javascript:", "localhost");
        assertThat(mail)
                .doesNotContain("javascript:", "\nBcc:", "\nFIRING    all is well")
                .hasSizeLessThan(40_000);
        assertThat(mail.lines())
                .as("nothing is announced and then missing")
                .noneMatch(line -> line.matches("[A-Z]\\w+ +"));
    }

    /** An address is letters that are seen, in a length that is read; the name of a page is one line. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/\u202egnp.exe",
                "https://evil.example/a\u200b.example.org",
                "https://evil.example/a\u2028FIRING    all is well",
                "https://evil.example/%s",
                "http://localhost:8080/runbooks/x"
            })
    void noAddressIsMoreThanAnAddress(String address) throws IOException {
        Map<String, String> labels = labels("A\nFIRING    all is well\u202e", "postgres", Map.of());
        String url = address.replace("%s", "x".repeat(3_000));
        Map<String, String> texts = Map.of("summary", "it is down", "runbook_url", url, "dashboard_url", url);
        Path data = data(new Sample("address", PUBLIC, List.of(new Alert(true, labels, texts))));

        for (String message : List.of(
                render("text", "sidecar.text", data),
                render("html", "sidecar.html", data),
                render("text", "sidecar.slack.text", data))) {
            assertThat(message)
                    .doesNotContain("evil.example", "\u202e", "\u200b", "\u2028", "\nFIRING    all is well")
                    .hasSizeLessThan(4_000);
        }
    }

    /** Whoever reads only the subject knows what, of what, and where; also for what their own rules leave out. */
    @ParameterizedTest
    @MethodSource("samples")
    void theSubjectNamesAlertServiceAndHost(Sample sample) throws IOException {
        String subject = render("text", "sidecar.subject", data(sample));

        Map<String, String> labels = sample.alerts().get(0).labels();
        if (!sample.name().equals("hostile")) {
            assertThat(subject).contains(labels.get("alertname"));
            assertThat(Stream.of("service", "host").filter(labels::containsKey).map(labels::get))
                    .allSatisfy(value -> assertThat(subject).contains(value));
        }
        assertThat(subject).doesNotEndWith(" ").doesNotContain("/:", "on :");
    }

    /** Telegram counts an emoji as two characters and Alertmanager, which cuts, as one; what is too long is not taken at all. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "\ud83d\udd25", "x\ud83d\udd25"})
    void theLongestMessageFitsIntoTelegram(String letter) throws IOException {
        String most = letter.repeat(2_000);
        String url = "https://example.org/" + "x".repeat(140);
        Map<String, String> texts =
                Map.of("summary", most, "description", most, "runbook_url", url, "dashboard_url", url);
        List<Alert> alerts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Map<String, String> labels =
                    labels("A" + i + most, most, Map.of("drill", "true", "host", most, "stack", most));
            labels.put("severity", most);
            alerts.add(new Alert(i < 10, labels, texts));
        }

        String text = render("text", "sidecar.telegram", data(new Sample("longest", PUBLIC, alerts)));

        assertThat(text)
                .hasSizeLessThanOrEqualTo(4_096)
                .contains("The first 3 of 10 alerts that are firing are listed.");
    }

    /** Sixty disks of two kinds are two names, not three times the same. */
    @Test
    void theSubjectNamesEachAlertOnce() throws IOException {
        assertThat(render("text", "sidecar.subject", data(new Sample("many", PUBLIC, many()))))
                .isEqualTo("[FIRING:60] critical InodesLow, DiskSpaceLow node on staging/h1");
    }

    private String render(String type, String template, Path data) {
        Programs.Result result = Programs.run(
                directory,
                "amtool",
                List.of(
                        "template",
                        "render",
                        "--template.glob="
                                + Path.of("alertmanager/templates/*.tmpl").toAbsolutePath(),
                        "--template.type=" + type,
                        "--template.data=" + data,
                        "--template.text={{ template \"" + template + "\" . }}"));
        assertThat(result.exitCode()).as(result.output()).isZero();
        return result.output();
    }

    private Path data(Sample sample) throws IOException {
        List<Map<String, Object>> alerts = new ArrayList<>();
        for (Alert alert : sample.alerts()) {
            alerts.add(Map.of(
                    "status",
                    alert.firing() ? "firing" : "resolved",
                    "labels",
                    alert.labels(),
                    "annotations",
                    alert.annotations(),
                    "startsAt",
                    "2026-01-02T03:04:05Z",
                    "endsAt",
                    alert.firing() ? "0001-01-01T00:00:00Z" : "2026-01-02T03:34:05Z"));
        }
        Map<String, Object> data = new HashMap<>();
        data.put("status", sample.alerts().stream().anyMatch(Alert::firing) ? "firing" : "resolved");
        data.put("alerts", alerts);
        data.put("externalURL", sample.externalUrl());
        data.put(
                "commonLabels",
                common(sample.alerts().stream().map(Alert::labels).toList()));
        data.put(
                "commonAnnotations",
                common(sample.alerts().stream().map(Alert::annotations).toList()));
        Map<String, String> group =
                common(sample.alerts().stream().map(Alert::labels).toList());
        group.keySet().retainAll(List.of("stack", "host", "service"));
        data.put("groupLabels", group);
        Path file = directory.resolve(sample.name() + ".json");
        Files.writeString(file, JsonMapper.shared().writeValueAsString(data));
        return file;
    }

    private static Map<String, String> common(List<Map<String, String>> all) {
        Map<String, String> common = new TreeMap<>(all.get(0));
        all.forEach(each -> common.entrySet().retainAll(each.entrySet()));
        return common;
    }

    private static Map<String, String> labels(String alert, String service, Map<String, String> more) {
        Map<String, String> labels = new TreeMap<>(Map.of(
                "alertname",
                alert,
                "service",
                service,
                "host",
                "h1",
                "stack",
                "staging",
                "severity",
                "critical",
                "category",
                "operational"));
        labels.putAll(more);
        return labels;
    }

    private static Map<String, String> texts(String summary) {
        return Map.of(
                "summary", summary,
                "description", "The exporter has not been able to connect for three quarters of a minute.",
                "runbook_url", "https://sidecar.example.org/runbooks/DatabaseConnectionFailed.md",
                "dashboard_url", "https://grafana.example.org/d/postgres?var-stack=staging&var-host=h1");
    }

    /** As long as nobody has set a public address. */
    private static Map<String, String> local() {
        Map<String, String> texts = new HashMap<>(texts("postgres on h1 does not answer"));
        texts.put("runbook_url", "http://localhost:8080/runbooks/DatabaseConnectionFailed.md");
        texts.put("dashboard_url", "http://localhost:3001/d/postgres");
        return texts;
    }

    private static List<Alert> many() {
        List<Alert> many = new ArrayList<>();
        for (int i = 1; i <= 60; i++) {
            many.add(new Alert(
                    true,
                    labels(i % 2 == 0 ? "DiskSpaceLow" : "InodesLow", "node", Map.of("mountpoint", "/data/" + i)),
                    texts("h1: little space left on /data/" + i)));
        }
        return many;
    }
}
