package dev.sidecar.relay;

import static dev.sidecar.support.Docker.docker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.collector.LogFiles;
import dev.sidecar.collector.LokiServer;
import dev.sidecar.hosts.Hosts;
import dev.sidecar.hosts.TestHosts;
import dev.sidecar.loki.LokiFixture;
import dev.sidecar.proofs.Proof;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.proofs.logging.LoggingProofsFixture;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.Docker;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.StackImage;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Another host with the real Alloy and both of its files pushes through nginx and the relay into the real Prometheus and the real Loki. */
@Tag("images")
class RealSatelliteTest {

    private static final Duration PATIENCE = RelayedStack.PATIENCE;
    private static final String HOST = "web-1";

    @TempDir
    private static Path folder;

    private static final String NETWORK = "sidecar-satellite-" + UUID.randomUUID();
    private static LogFiles files;
    private static LokiServer loki;
    private static RelayedStack stack;
    private static Docker.Container alloy;

    @BeforeAll
    static void start() throws Exception {
        docker("network", "create", NETWORK);
        int port = FreePort.get();
        loki = LokiServer.start(NETWORK, LokiServer.CONFIGURATION, port);
        stack = new RelayedStack(folder, "http://127.0.0.1:" + port);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        files = LogFiles.in(Files.createDirectory(folder.resolve("logs")));
        await().atMost(PATIENCE).until(loki::isReady);
        alloy = alloy(stack.hosts.add(HOST));
    }

    /** As docker-compose.satellite.yml starts it, but on this machine's network, on which the edge is. */
    private static Docker.Container alloy(String token) {
        return Docker.start(
                StackImage.of("alloy"),
                List.of(
                        "--network=host",
                        "--env=CENTRE_URL=" + stack.edge(),
                        "--env=LOKI_URL=" + stack.edge() + "/satellites/logs",
                        "--env=PUSH_TOKEN=" + token,
                        "--env=HOST_NAME=of-its-own",
                        "--env=STACK=satellite",
                        "--env=PROJECT=.+",
                        "--env=SSL_CERT_FILE=/etc/centre-ca.pem",
                        "--volume=" + Path.of("alloy/config.alloy").toAbsolutePath() + ":/etc/alloy/config.alloy:ro",
                        "--volume=" + Path.of("alloy/satellite.alloy").toAbsolutePath()
                                + ":/etc/alloy/satellite.alloy:ro",
                        "--volume=" + stack.authority.toAbsolutePath() + ":/etc/centre-ca.pem:ro",
                        "--volume=" + files.containers() + ":/var/lib/docker/containers:ro",
                        "--volume=" + files.journal() + ":/var/log/journal:ro",
                        "--volume=/etc/machine-id:/etc/machine-id:ro",
                        "--user=0:0",
                        "--cap-drop=ALL",
                        "--volume=/data"),
                List.of(
                        "run",
                        "/etc/alloy",
                        "--server.http.listen-addr=127.0.0.1:12345",
                        "--storage.path=/data",
                        "--stability.level=public-preview",
                        "--disable-reporting"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (alloy != null) {
            alloy.close();
        }
        if (stack != null) {
            stack.close();
        }
        if (loki != null) {
            loki.close();
        }
        docker("network", "rm", "--force", NETWORK);
    }

    private static JsonNode prometheus(String query) {
        return PrometheusServer.get(stack.prometheus().address(), "/api/v1/query", Map.of("query", query))
                .path("result");
    }

    private static double value(String query) {
        return Double.parseDouble(
                prometheus(query).path(0).path("value").path(1).asString("NaN"));
    }

    private static void nothingWentWrong() throws Exception {
        for (Trouble trouble : Trouble.values()) {
            assertThat(stack.troubles(HOST, trouble)).as(trouble.label()).isZero();
        }
    }

    @Test
    void linesAndMetricsArriveUnderTheNameOfTheTokenAndTheProofFindsTheCanary() throws Exception {
        String mark = UUID.randomUUID().toString();
        files.container("canary", "canary " + mark);
        files.container(
                "api",
                "{\"level\":\"ERROR\",\"message\":\"" + mark + "\",\"request_id\":\"r-" + mark + "\",\"status\":502}");

        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(loki.lines("{host=\"" + HOST + "\"} |= \"" + mark + "\""))
                        .hasSize(2));
        assertThat(loki.lines("{service=\"api\"} | request_id=\"r-" + mark + "\""))
                .singleElement()
                .satisfies(line -> assertThat(line.fields())
                        .containsEntry("stack", RelayedStack.STACK)
                        .containsEntry("host", HOST)
                        .containsEntry("service", "api")
                        .containsEntry("source", "satellite")
                        .containsEntry("level", "error")
                        .containsEntry("status", "502"));
        assertThat(loki.lines("{stack=~\"satellite|local\"}")).isEmpty();

        Path list = Files.createDirectory(folder.resolve("proven")).resolve("hosts.json");
        new TestHosts(list, RelayedStack.CENTRE).add(HOST);
        Proof proof = LoggingProofsFixture.otherHostsLines(
                LokiFixture.at(URI.create(loki.url()), RelayedStack.STACK),
                new Hosts(
                        list,
                        new Identity(RelayedStack.STACK, RelayedStack.CENTRE, "sidecar", "staging"),
                        Clock.systemUTC()));
        assertThat(proof.prove().verdict()).isEqualTo(Verdict.HELD);

        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(value("up{host=\"" + HOST + "\",job=\"satellite-alloy\",service=\"alloy\",role=\"infra\"}"))
                    .isEqualTo(1);
            for (String metric : List.of(
                    "otelcol_exporter_sent_log_records_total",
                    "otelcol_exporter_queue_size",
                    "loki_source_file_read_lines_total",
                    "prometheus_remote_storage_samples_total",
                    "alloy_component_controller_running_components{health_type=\"healthy\"}")) {
                assertThat(prometheus("sum by (stack, host, service) (" + metric + ")"))
                        .as(metric)
                        .isNotEmpty();
            }
        });
        assertThat(value("count({host=\"" + HOST + "\"})")).isLessThan(5_000);
        nothingWentWrong();
    }

    @Test
    void whatTheCentreDoesNotTakeForMinutesArrivesOnceAndWithoutAGap() throws Exception {
        String mark = UUID.randomUUID().toString();
        String up = "up{host=\"" + HOST + "\",job=\"satellite-alloy\"}";
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(value(up)).isEqualTo(1));
        int lines = 2_000;

        loki.kill();
        stack.stopPrometheus();
        long began = System.nanoTime();
        for (int i = 0; i < lines; i++) {
            files.container("worker", mark + " " + i);
        }
        Duration away = Duration.ofSeconds(100);
        await().atMost(PATIENCE).until(() -> System.nanoTime() - began > away.toNanos());
        stack.startPrometheusAgain();
        loki.startAgain();

        String query = "{host=\"" + HOST + "\",service=\"worker\"} |= \"" + mark + "\"";
        await().atMost(PATIENCE.multipliedBy(2))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(new TreeSet<>(loki.lines(query).stream()
                                .map(LokiServer.Line::text)
                                .toList()))
                        .hasSize(lines));
        assertThat(loki.lines(query)).hasSize(lines);
        // Every 15 seconds one; the two at the edges may lie outside.
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(value("count_over_time(" + up + "[100s] offset 15s)"))
                        .isGreaterThanOrEqualTo(6));
        nothingWentWrong();
    }
}
