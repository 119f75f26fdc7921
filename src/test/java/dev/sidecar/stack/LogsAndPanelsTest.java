package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.panels.RunningQueries;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of a line through the running stack, and every picture that is drawn from it. */
@Tag("images")
@Tag("stack")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LogsAndPanelsTest {

    static final List<String> TRAFFIC = List.of(
            "/api/products",
            "/api/products/1",
            "/api/orders/1",
            "/api/products/999999",
            "/api/slow?seconds=0.1",
            "/api/error");

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private ComposeStack stack;
    private RunningQueries queries;

    /** Grafana is left out: what it asks is asked here without it. */
    @BeforeAll
    void start(@TempDir Path given) throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("panels", given);
        stack.publishLoki(Files.createTempDirectory("published"));
        stack.build();
        stack.up(stack.compose("config", "--services")
                .out()
                .lines()
                .filter(service -> !service.equals("grafana"))
                .toList());
        // So that the page about backups has something to show.
        ComposeStack.Result backup = stack.exec("sidecar", "sidecar", "backup");
        assertThat(backup.exitCode()).as(backup.all()).isZero();
        queries = new RunningQueries(
                stack.url("PROMETHEUS_PORT", ""), stack.prometheusLogin(), stack.url("LOKI_PORT", ""));
    }

    @AfterAll
    void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    @Test
    void oneRequestIsFoundByItsIdInTheLinesOfNginxTheSidecarAndTheApi() {
        String id = get("/api/products/1");

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> assertThat(queries.lines("{stack=~\".+\"} |= \"" + id + "\" | request_id=\"" + id + "\""))
                                .extracting(line -> line.substring(0, line.indexOf(' ')))
                                .contains("nginx", "sidecar", "api"));
    }

    /** The fifth source, the system's journal, needs a machine with systemd: CollectorTest has it. */
    @Test
    void aCanaryInEachSourceIsFoundWithinTenSeconds() {
        String canary = "canary-" + UUID.randomUUID();
        request("/api/products", canary);
        stack.exec("redis", "sh", "-c", "echo " + canary + " >/proc/1/fd/1");
        stack.exec("postgres", "psql", "-U", "postgres", "-c", "DO $$ BEGIN RAISE LOG '" + canary + "'; END $$");

        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            for (String source : List.of("nginx", "api", "container", "postgres")) {
                assertThat(queries.lines("{source=\"" + source + "\"} |= \"" + canary + "\""))
                        .as(source)
                        .isNotEmpty();
            }
        });
    }

    @Test
    void noLineOfTheSidecarIsThereTwice() {
        String id = get("/api/products/2");

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(queries.lines("{service=\"sidecar\"} |= \"" + id + "\""))
                        .isNotEmpty());
        assertThat(queries.lines("{service=\"sidecar\",source!=\"sidecar\"} |= \"" + id + "\""))
                .isEmpty();
    }

    @Test
    void everyQueryOfEveryPanelHasData() {
        await().atMost(Duration.ofMinutes(6))
                .pollInterval(Duration.ofSeconds(10))
                .untilAsserted(() -> {
                    TRAFFIC.forEach(this::get);
                    assertThat(queries.withoutData()).isEmpty();
                });
    }

    private String get(String path) {
        String id = "test-" + UUID.randomUUID();
        request(path, id);
        return id;
    }

    private void request(String path, String id) {
        try {
            http.send(
                    HttpRequest.newBuilder(URI.create(stack.url("EDGE_PORT", path)))
                            .header("X-Request-ID", id)
                            .timeout(Duration.ofSeconds(20))
                            .build(),
                    BodyHandlers.discarding());
        } catch (IOException e) {
            throw new AssertionError("no answer to " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
