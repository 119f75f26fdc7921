package dev.sidecar.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.alerts.FiringAlert;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunbookTest {

    private static final URI GRAFANA = URI.create("https://grafana.example.org/");
    private static final Instant FROM = Instant.parse("2026-11-28T01:00:00Z");
    private static final Map<String, String> LABELS =
            Map.of("alertname", "LogsDropped", "stack", "staging", "host", "h 1", "service", "api&b");

    @Test
    void aDashboardIsALinkWithTheTimeAndTheServiceOfTheAlert() {
        assertThat(Runbook.html("Look. Dashboard *Logs*, panels *Lost* and *Waiting*.", GRAFANA, LABELS, FROM))
                .isEqualTo("""
                        <p>Look. Dashboard <a rel="nofollow" href="https://grafana.example.org/d/logs?var-stack=staging&amp;var-host=h%201&amp;var-service=api%26b&amp;from=1795827600000&amp;to=now"><em>Logs</em></a>, panels <em>Lost</em> and <em>Waiting</em>.</p>
                        """);
    }

    @Test
    void withoutGrafanaItIsAName() {
        assertThat(Runbook.html("Dashboard *Logs*.", null, LABELS, FROM))
                .isEqualTo("<p>Dashboard <em>Logs</em>.</p>\n");
    }

    @Test
    void everyDashboardThatARunbookCanNameIsKnownByItsAddress() throws IOException {
        Map<String, String> provisioned = new TreeMap<>();
        try (Stream<Path> files = Files.list(Path.of("grafana/dashboards"))) {
            for (Path file : files.toList()) {
                JsonNode page = JsonMapper.shared().readTree(Files.readString(file));
                provisioned.put(
                        page.path("title").asString().replaceFirst("^\\d+ ", ""),
                        page.path("uid").asString());
            }
        }

        assertThat(Runbook.DASHBOARDS).containsExactlyInAnyOrderEntriesOf(provisioned);
    }

    @Test
    void everyRunbookThatNamesADashboardHasTheLink() throws IOException {
        try (Stream<Path> pages = Files.list(Path.of("docs/runbooks"))) {
            assertThat(pages.filter(page -> read(page).matches("(?s).*[Dd]ashboard \\*.*")))
                    .hasSizeGreaterThan(10)
                    .allSatisfy(page -> assertThat(Runbook.html(read(page), GRAFANA, LABELS, FROM))
                            .contains("href=\"https://grafana.example.org/d/")
                            .doesNotContainPattern("ashboard <em>"));
        }
    }

    @Test
    void anAlertLinksToItsDashboardFromBeforeItBegan() {
        AlertsPage.FiringRow row = row(Map.of(
                "runbook_url", "https://sidecar.example.org/runbooks/LogsDropped.md",
                "dashboard_url", "https://grafana.example.org/d/logs?var-service=api"));

        assertThat(row.dashboard())
                .isEqualTo("https://grafana.example.org/d/logs?var-service=api&from=1795825800000&to=now");
        assertThat(row.runbook()).isEqualTo("/runbooks/LogsDropped.md?service=api%26b");
        assertThat(row.silence())
                .endsWith(" silence add --duration=2h --author=me --comment=seen alertname=LogsDropped");
    }

    @Test
    void whatIsNoAddressIsNoLink() {
        assertThat(row(Map.of("dashboard_url", "javascript:alert(1)")).dashboard())
                .isEmpty();
        assertThat(row(Map.of()).dashboard()).isEmpty();
    }

    /** By default rules name a Grafana of this machine, whether there is one or not. */
    @Test
    void whereNoGrafanaIsSetUpNoLinkLeadsToThisMachine() {
        for (String here :
                List.of("http://localhost:3001/d/api", "http://127.0.0.1:3001/d/api", "https://[::1]/d/api")) {
            assertThat(row(Map.of("dashboard_url", here), false).dashboard()).isEmpty();
            assertThat(row(Map.of("dashboard_url", here), true).dashboard()).startsWith(here);
        }
        assertThat(row(Map.of("dashboard_url", "https://grafana.example.org/d/api"), false)
                        .dashboard())
                .startsWith("https://grafana.example.org/d/api?from=");
    }

    private static AlertsPage.FiringRow row(Map<String, String> annotations) {
        return row(annotations, true);
    }

    private static AlertsPage.FiringRow row(Map<String, String> annotations, boolean grafana) {
        return new AlertsPage.FiringRow(
                new FiringAlert(LABELS, annotations, FROM, false, List.of()), "1 min ago", grafana);
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
