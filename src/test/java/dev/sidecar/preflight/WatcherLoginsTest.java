package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The real Prometheus and Alertmanager with the files that preflight writes: a local user or a web page gets nothing from them, and
 * they still reach each other.
 */
class WatcherLoginsTest {

    private static final String LOGIN = "Basic "
            + Base64.getEncoder()
                    .encodeToString(("admin:" + RenderedConfig.WEB_PASSWORD).getBytes(StandardCharsets.UTF_8));
    private static final String SILENCE = """
            {"matchers": [{"name": "alertname", "value": ".+", "isRegex": true, "isEqual": true}],
             "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2036-01-01T00:00:00Z", "createdBy": "mallory", "comment": "x"}
            """;

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final List<ChildProcess> PROCESSES = new ArrayList<>();
    private static Path web;
    private static int prometheus;
    private static int alertmanager;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        web = RenderedConfig.webLogin(Files.createDirectories(folder.resolve("logins")));
        prometheus = FreePort.get();
        alertmanager = FreePort.get();
        Path routes = RenderedConfig.alertmanager(Files.createDirectories(folder.resolve("a")), Map.of());
        PROCESSES.add(run(
                "alertmanager",
                "--config.file=" + routes,
                "--web.config.file=" + web,
                "--storage.path=" + folder.resolve("a/data"),
                "--web.listen-address=127.0.0.1:" + alertmanager,
                "--cluster.listen-address=",
                "--enable-feature=event-recorder,utf8-strict-mode,receiver-name-in-metrics"));
        Path scrapes = RenderedConfig.prometheus(
                Files.createDirectories(folder.resolve("p")),
                Map.of(
                        "PROMETHEUS_TARGET", "127.0.0.1:" + prometheus,
                        "ALERTMANAGER_TARGET", "127.0.0.1:" + alertmanager));
        // The shipped pace, but for the two jobs that matter here.
        Files.writeString(
                scrapes,
                Files.readString(scrapes)
                        .replace("_interval: 15s", "_interval: 1s")
                        .replace("_timeout: 10s", "_timeout: 1s")
                        .replace("scrape_timeout: 14s", "scrape_timeout: 1s"));
        PROCESSES.add(run(
                "prometheus",
                "--config.file=" + scrapes,
                "--web.config.file=" + web,
                "--storage.tsdb.path=" + folder.resolve("p/data"),
                "--web.listen-address=127.0.0.1:" + prometheus));
        for (int port : new int[] {prometheus, alertmanager}) {
            Awaitility.await("port " + port)
                    .atMost(Duration.ofMinutes(3))
                    .ignoreExceptions()
                    .until(() -> ask(port, "GET", "/-/ready", LOGIN, "").statusCode() == 200);
        }
    }

    private static ChildProcess run(String program, String... options) {
        List<String> command = new ArrayList<>(List.of(Programs.find(program).toString()));
        command.addAll(List.of(options));
        return ChildProcess.start(program, UnixUser.same(), Map.of(), line -> {}, command);
    }

    @AfterAll
    static void stop() {
        PROCESSES.forEach(ChildProcess::close);
    }

    @ParameterizedTest
    @CsvSource({
        "prometheus,   GET,  /api/v1/query?query=up",
        "prometheus,   GET,  /api/v1/targets",
        "prometheus,   GET,  /metrics",
        "prometheus,   GET,  /",
        "prometheus,   POST, /-/reload",
        "prometheus,   POST, /-/quit",
        "alertmanager, GET,  /api/v2/alerts",
        "alertmanager, GET,  /api/v2/status",
        "alertmanager, POST, /api/v2/silences",
        "alertmanager, POST, /api/v2/alerts",
        "alertmanager, POST, /-/reload",
        "alertmanager, GET,  /metrics"
    })
    void nothingIsToBeHadWithoutTheLogin(String program, String method, String path) throws Exception {
        int port = program.equals("prometheus") ? prometheus : alertmanager;

        assertThat(ask(port, method, path, "", SILENCE).statusCode()).isEqualTo(401);
        assertThat(ask(port, method, path, "Basic YWRtaW46YWRtaW4=", SILENCE).statusCode())
                .isEqualTo(401);
    }

    @Test
    void prometheusReachesItselfAndAlertmanagerWithTheLogin() {
        Awaitility.await()
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> {
                    assertThat(value("up{job=\"prometheus\"}")).isEqualTo("1");
                    assertThat(value("up{job=\"alertmanager\"}")).isEqualTo("1");
                    assertThat(ask(alertmanager, "GET", "/api/v2/alerts", LOGIN, "")
                                    .body())
                            .as("an alert that Prometheus sent")
                            .contains("Watchdog");
                });
    }

    @Test
    void aSecondRunWritesTheSameFileAndAnotherPasswordAnother(@TempDir Path folder) throws IOException {
        String first = Files.readString(RenderedConfig.webLogin(folder));

        assertThat(Files.readString(RenderedConfig.webLogin(folder))).isEqualTo(first);
        Plan plan = new Plan();
        plan.write(folder.resolve("prometheus/web_password"), "another one");
        new WebLogins(folder).prepare(plan);
        assertThat(plan.content(folder.resolve("prometheus/web.yml")))
                .isPresent()
                .get()
                .isNotEqualTo(first);
        assertThat(first).doesNotContain(RenderedConfig.WEB_PASSWORD);
    }

    private static String value(String expression) throws Exception {
        JsonNode result = JsonMapper.shared()
                .readTree(ask(
                                prometheus,
                                "GET",
                                "/api/v1/query?query=" + java.net.URLEncoder.encode(expression, StandardCharsets.UTF_8),
                                LOGIN,
                                "")
                        .body())
                .at("/data/result");
        return result.isEmpty() ? "" : result.get(0).at("/value/1").asString();
    }

    private static HttpResponse<String> ask(int port, String method, String path, String authorization, String body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", "application/json")
                .header("Origin", "http://evil.example")
                .method(
                        method,
                        method.equals("GET")
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        return HTTP.send(
                (authorization.isEmpty() ? request : request.header("Authorization", authorization)).build(),
                BodyHandlers.ofString());
    }
}
