package dev.sidecar.collector;

import static dev.sidecar.support.Docker.docker;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.collector.LokiServer.Line;
import dev.sidecar.support.Docker;
import dev.sidecar.support.StackImage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real Alloy reads files as Docker, PostgreSQL and the journal write them, and the real Loki is asked what arrived. */
@Tag("images")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CollectorTest {

    private static final String IMAGE = StackImage.of("alloy");
    private static final Path CONFIGURATION = Path.of("alloy", "config.alloy");
    private static final String STABILITY = "--stability.level=public-preview";

    private final String network = "sidecar-collector-" + UUID.randomUUID();
    private LokiServer loki;
    private Docker.Container alloy;
    private LogFiles files;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        files = LogFiles.in(directory);
        docker("network", "create", network);
        loki = LokiServer.start(network, LokiServer.CONFIGURATION);
        alloy = alloy(CONFIGURATION, files);
        await().atMost(2, MINUTES).until(loki::isReady);
    }

    private Docker.Container alloy(Path configuration, LogFiles read) {
        return Docker.start(
                IMAGE,
                List.of(
                        "--network=" + network,
                        "--publish=127.0.0.1::12345",
                        "--env=STACK=test",
                        "--env=HOST_NAME=box",
                        "--env=PROJECT=demo",
                        "--volume=" + configuration.toAbsolutePath() + ":/etc/alloy/config.alloy:ro",
                        "--volume=" + read.containers() + ":/var/lib/docker/containers:ro",
                        "--volume=" + read.postgres() + ":/var/log/postgresql:ro",
                        "--volume=" + read.journal() + ":/var/log/journal:ro",
                        "--user=0:0",
                        "--cap-drop=ALL",
                        "--group-add=999",
                        "--volume=/data"),
                List.of(
                        "run",
                        "/etc/alloy/config.alloy",
                        "--server.http.listen-addr=0.0.0.0:12345",
                        "--storage.path=/data",
                        STABILITY,
                        "--disable-reporting"));
    }

    @AfterAll
    void stop() {
        if (alloy != null) {
            alloy.close();
        }
        if (loki != null) {
            loki.close();
        }
        docker("network", "rm", "--force", network);
    }

    @Test
    void theConfigurationIsFormattedAndValid() {
        String mount = "--volume=" + CONFIGURATION.toAbsolutePath() + ":/config.alloy:ro";

        docker("run", "--rm", mount, IMAGE, "fmt", "--test", "/config.alloy");
        docker("run", "--rm", mount, IMAGE, "validate", STABILITY, "/config.alloy");
    }

    @Test
    void aLineOfEachSourceIsFoundAgain() throws IOException {
        String canary = "canary-" + UUID.randomUUID();
        files.container("redis", "1:M 23 Nov 2026 22:10:11.123 * " + canary);
        files.container("api", "{\"level\":\"INFO\",\"message\":\"" + canary + "\"}");
        files.container("nginx", "2026/11/23 22:10:11 [error] 29#29: *1 connect() failed " + canary);
        files.postgres("LOG", "00000", canary);
        files.journal(3, canary);

        for (String source : List.of("container", "api", "nginx", "postgres", "system")) {
            assertThat(found("{source=\"" + source + "\"} |= \"" + canary + "\""))
                    .as(source)
                    .singleElement()
                    .satisfies(line -> assertThat(line.fields())
                            .containsEntry("stack", "test")
                            .containsEntry("host", "box"));
        }
        assertThat(found("{source=\"api\"} |= \"" + canary + "\"").get(0).text())
                .isEqualTo("{\"level\":\"INFO\",\"message\":\"" + canary + "\"}");
        assertThat(found("{source=\"nginx\"} |= \"" + canary + "\"").get(0).fields())
                .containsEntry("level", "error");
        assertThat(found("{source=\"system\"} |= \"" + canary + "\"").get(0).fields())
                .containsEntry("level", "error")
                .containsEntry("unit", "test.service");
        assertThat(loki.labelNames()).containsExactlyInAnyOrder("stack", "host", "service", "source", "level");
    }

    @Test
    void oneRequestIsFoundInTheLinesOfAllServices() throws IOException {
        String id = UUID.randomUUID().toString();
        files.container("nginx", access(id, 502, "api"));
        files.container(
                "api",
                "{\"level\":\"WARN\",\"logger\":\"orders\",\"message\":\"no stock\",\"request_id\":\"" + id + "\"}");
        files.postgres("LOG", "00000", "duration: 612.1 ms  statement: select 1 /* request_id='" + id + "' */");

        List<Line> lines = found("{stack=\"test\"} |= \"" + id + "\" | request_id=\"" + id + "\"", 3);

        assertThat(lines)
                .extracting(line -> line.fields().get("service"))
                .containsExactlyInAnyOrder("nginx", "api", "postgres");
        assertThat(lines)
                .filteredOn(line -> line.fields().get("service").equals("nginx"))
                .singleElement()
                .satisfies(line -> assertThat(line.fields())
                        .containsEntry("status", "502")
                        .containsEntry("duration_ms", "12.5")
                        .containsEntry("path", "/orders")
                        .containsEntry("upstream_service", "api")
                        .containsEntry("level", "error"));
    }

    @Test
    void whatIsSecretIsMasked() throws IOException {
        String mark = UUID.randomUUID().toString();
        files.container(
                "api",
                "{\"message\":\"" + mark
                        + "\",\"headers\":{\"Authorization\":\"Basic hunter1==\",\"Cookie\":\"S=hunter2; b=c\"},\"token\":\"hunter3\"}");
        files.container(
                "api",
                "{\"message\":\"" + mark
                        + " Authorization: Bearer hunter4.x.y and jdbc:postgresql://app:hunter5@db/x?password=hunter6 {\\\"password\\\":\\\"hunter7\\\"}\"}");
        files.postgres("ERROR", "42601", mark + " ALTER ROLE app PASSWORD 'hunter8'");

        assertThat(found("{stack=\"test\"} |= \"" + mark + "\"", 3))
                .extracting(Line::text)
                .allMatch(line -> line.contains("***"))
                .noneMatch(line -> line.contains("hunter"));
    }

    @Test
    void aStackTraceInPlainTextIsOneEntry() throws IOException {
        String mark = UUID.randomUUID().toString();
        List<String> trace = List.of(
                "java.lang.IllegalStateException: " + mark,
                "\tat dev.Shop.order(Shop.java:12)",
                "Caused by: java.io.IOException: disk",
                "\t... 12 more");
        files.container("worker", trace.toArray(String[]::new));
        files.container("worker", "next");

        assertThat(found("{service=\"worker\"} |= \"" + mark + "\""))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.text()).isEqualTo(String.join("\n", trace));
                    assertThat(line.fields()).containsEntry("level", "error").containsEntry("source", "container");
                });
    }

    @Test
    void stackTracesInARowAreNotTorn() throws IOException {
        String mark = UUID.randomUUID().toString();
        int traces = 200;
        for (int i = 0; i < traces; i++) {
            files.container(
                    "worker",
                    "java.lang.IllegalStateException: " + mark,
                    "\tat dev.Shop.order(Shop.java:12)",
                    "Caused by: java.io.IOException: disk",
                    "\t... 12 more");
        }
        files.container("worker", "next");

        assertThat(found("{service=\"worker\"} |= \"" + mark + "\"", traces))
                .hasSize(traces)
                .allMatch(line -> line.text().lines().count() == 4);
    }

    /** As after hours without the collector: one file is read to its end before the other. */
    @Test
    void linesOfTwoReplicasAreStoredThoughOneIsHoursBehind() throws IOException {
        String mark = UUID.randomUUID().toString();
        files.replica("api", 1, Instant.now(), "{\"level\":\"INFO\",\"message\":\"new " + mark + "\"}");
        assertThat(found("{service=\"api\"} |= \"" + mark + "\"")).hasSize(1);

        for (int hours = 10; hours > 0; hours--) {
            files.replica(
                    "api",
                    2,
                    Instant.now().minus(Duration.ofHours(hours)),
                    "{\"level\":\"INFO\",\"message\":\"old " + mark + "\"}");
        }

        // Another query each time: that there was nothing in an hour gone by Loki would know from its cache.
        String query = "{service=\"api\"} |= \"old " + mark + "\" != \"";
        await().atMost(2, MINUTES)
                .untilAsserted(() -> assertThat(loki.lines(query + UUID.randomUUID() + "\"", Duration.ofHours(12)))
                        .hasSize(10));
    }

    /** Five hundred lines of 256 KiB are half of the collector's memory. */
    @Test
    void theLinesOfAStackTraceAreCut() throws IOException {
        String mark = UUID.randomUUID().toString();
        files.container("worker", "java.lang.IllegalStateException: " + mark, "\tat " + "x".repeat(16_000));
        files.pieces("worker", "Caused by: " + "y".repeat(40_000));
        files.container("worker", "\t... 12 more", "next");

        assertThat(found("{service=\"worker\"} |= \"" + mark + "\""))
                .singleElement()
                .extracting(Line::text)
                .isEqualTo("java.lang.IllegalStateException: " + mark + "\n\tat " + "x".repeat(16_000) + "\n"
                        + ("Caused by: " + "y".repeat(40_000)).substring(0, 16_384) + "\n\t... 12 more");
    }

    @Test
    void theSidecarsOwnLinesAndOtherProjectsAreLeftOut() throws IOException {
        String mark = UUID.randomUUID().toString();
        files.container(
                "sidecar",
                "{\"level\":\"INFO\",\"message\":\"" + mark + "\"}",
                "# A fatal error has been detected " + mark);
        files.strangers(mark);
        files.container("redis", mark);

        assertThat(found("{service=\"redis\"} |= \"" + mark + "\"")).hasSize(1);
        assertThat(found("{stack=\"test\"} |= \"" + mark + "\"", 2))
                .extracting(Line::text)
                .containsExactlyInAnyOrder(mark, "# A fatal error has been detected " + mark);
        assertThat(metrics()).contains("reason=\"sent_by_the_sidecar\"", "reason=\"other_project\"");
    }

    @Test
    void linesBecomeMetrics() throws IOException {
        String service = "shop" + System.nanoTime();
        files.container("nginx", access("a", 200, service), access("b", 204, service), access("c", 429, service));
        files.postgres("FATAL", "28P01", "password authentication failed for user \"app\"");

        String series =
                "loki_process_custom_nginx_http_requests_total{component_id=\"loki.process.fields\",component_path=\"/\",service=\""
                        + service + "\",source=\"nginx\",status=";
        await().atMost(1, MINUTES)
                .untilAsserted(() -> assertThat(metrics())
                        .contains(
                                series + "\"2xx\"} 2",
                                series + "\"429\"} 1",
                                "loki_process_custom_pg_auth_failures_total")
                        .containsPattern("nginx_request_duration_seconds_bucket\\{[^}]*service=\"" + service
                                + "\"[^}]*le=\"0.025\"} 2"));
    }

    @Test
    void nothingIsLostOrDoubledWhileLokiIsAway() throws IOException {
        String mark = UUID.randomUUID().toString();
        int lines = 4_000;
        for (int i = 0; i < lines; i++) {
            if (i == lines / 4) {
                loki.kill();
            }
            files.container("api", "{\"level\":\"INFO\",\"message\":\"" + mark + " " + i + "\"}");
        }
        loki.startAgain();
        await().atMost(2, MINUTES).until(loki::isReady);

        assertThat(found("{service=\"api\"} |= \"" + mark + "\"", lines))
                .extracting(Line::text)
                .doesNotHaveDuplicates();
    }

    /** Killed, it reads again what it read in the last seconds, so some lines may be there twice. */
    @ParameterizedTest
    @CsvSource({"TERM, false", "KILL, true"})
    void nothingIsLostWhenTheCollectorEndsWhileLokiIsAway(String signal, boolean twiceIsFine) throws IOException {
        String mark = UUID.randomUUID().toString();
        int lines = 2_000;
        double half = read("api") + lines / 2.0;
        for (int i = 0; i < lines; i++) {
            if (i == lines / 4) {
                loki.kill();
            }
            if (i == lines / 2) {
                await().atMost(1, MINUTES).until(() -> read("api") >= half);
                alloy.end(signal);
            }
            files.container("api", "{\"level\":\"INFO\",\"message\":\"" + mark + " " + i + "\"}");
        }
        alloy.startAgain();
        await().atMost(1, MINUTES).ignoreExceptions().until(() -> read("api") >= lines / 2.0);
        loki.startAgain();
        await().atMost(2, MINUTES).until(loki::isReady);

        String query = "{service=\"api\"} |= \"" + mark + "\"";
        await().atMost(1, MINUTES)
                .ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(new HashSet<>(texts(loki.lines(query)))).hasSize(lines));
        if (!twiceIsFine) {
            assertThat(texts(loki.lines(query))).doesNotHaveDuplicates();
            assertThat(loki.count(query)).isEqualTo(lines);
        }
    }

    private static List<String> texts(List<Line> lines) {
        return lines.stream().map(Line::text).toList();
    }

    @Test
    void whatDoesNotFitOnTheDiskIsDroppedAndCounted(@TempDir Path directory) throws IOException {
        String mark = UUID.randomUUID().toString();
        int lines = 3_000;
        LogFiles others = LogFiles.in(Files.createDirectory(directory.resolve("logs")));
        Path small = Files.writeString(
                directory.resolve("config.alloy"),
                Files.readString(CONFIGURATION)
                        .replaceFirst("queue_size +?= 536870912", "queue_size    = 200000")
                        .replaceAll("(m..)_size( +)= (5|20)00000\\b", "$1_size$2= 10000"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        loki.kill();
        try (Docker.Container collector = alloy(small, others)) {
            for (int i = 0; i < lines; i++) {
                others.container("worker", mark + " " + i);
            }
            Predicate<Double> all = read -> read >= lines;
            await().atMost(1, MINUTES)
                    .ignoreExceptions()
                    .until(() -> sum(collector, "loki_source_file_read_lines_total"), all);
            loki.startAgain();
            await().atMost(2, MINUTES).until(loki::isReady);

            await().atMost(1, MINUTES).untilAsserted(() -> {
                double dropped = sum(collector, "otelcol_exporter_enqueue_failed_log_records_total");
                assertThat(dropped).isPositive();
                assertThat(loki.count("{service=\"worker\"} |= \"" + mark + "\""))
                        .isEqualTo((long) (lines - dropped));
            });
        }
    }

    /** The exporter would count all that was sent with it as lost. */
    @Test
    void aLineOfLastMonthIsLeftOutAloneAndCounted() throws IOException {
        String mark = UUID.randomUUID().toString();
        double before = sum(alloy, "otelcol_exporter_send_failed_log_records_total");

        files.container("redis", Instant.now().minus(Duration.ofDays(30)), "written when the month was young " + mark);
        files.container("redis", Instant.now(), "of today " + mark);

        assertThat(found("{service=\"redis\"} |= \"" + mark + "\""))
                .extracting(Line::text)
                .containsExactly("of today " + mark);
        assertThat(metrics()).contains("reason=\"too_old\"");
        assertThat(sum(alloy, "otelcol_exporter_send_failed_log_records_total")).isEqualTo(before);
    }

    @Test
    void aLineFromTheFutureGetsTodaysTimeAndCostsNoOther() throws IOException {
        String mark = UUID.randomUUID().toString();
        double before = sum(alloy, "otelcol_exporter_send_failed_log_records_total");

        files.container("redis", Instant.now().plus(Duration.ofDays(1)), "of tomorrow " + mark);
        files.container("redis", Instant.now(), "of today " + mark);

        assertThat(found("{service=\"redis\"} |= \"" + mark + "\"", 2)).anySatisfy(line -> {
            assertThat(line.text()).isEqualTo("of tomorrow " + mark);
            assertThat(line.fields()).containsKey("time_given");
        });
        assertThat(sum(alloy, "otelcol_exporter_send_failed_log_records_total")).isEqualTo(before);
    }

    /** Docker writes a line of more than 16 KiB in pieces, of which only the last ends in a line feed. */
    @Test
    void aLineInPiecesIsOneLineWithItsFields() throws IOException {
        String mark = UUID.randomUUID().toString();
        String line =
                "{\"level\":\"ERROR\",\"message\":\"" + "x".repeat(40_000) + "\",\"request_id\":\"" + mark + "\"}";

        files.pieces("api", line);
        files.unfinished("worker", "last words " + mark);

        assertThat(found("{service=\"api\"} | request_id=\"" + mark + "\""))
                .singleElement()
                .satisfies(found -> {
                    assertThat(found.text()).isEqualTo(line);
                    assertThat(found.fields()).containsEntry("level", "error").containsEntry("source", "api");
                });
        assertThat(found("{service=\"worker\"} |= \"" + mark + "\""))
                .extracting(Line::text)
                .containsExactly("last words " + mark);
    }

    private List<Line> found(String query) {
        return found(query, 1);
    }

    private List<Line> found(String query, int expected) {
        Predicate<List<Line>> enough = lines -> lines.size() >= expected;
        return await().atMost(2, MINUTES)
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions()
                .until(() -> loki.lines(query), enough);
    }

    private static String access(String id, int status, String upstream) {
        return "{\"request_id\":\"%s\",\"method\":\"GET\",\"path\":\"/orders\",\"status\":%d,\"duration_ms\":12.5,\"request_time\":0.0125,\"upstream_service\":\"%s\",\"client_ip\":\"10.0.0.1\"}"
                .formatted(id, status, upstream);
    }

    private double read(String service) throws IOException {
        return sum(alloy, "loki_source_file_read_lines_total.*" + LogFiles.id(service));
    }

    /** The sum of all series whose name and labels begin so. */
    private static double sum(Docker.Container collector, String series) throws IOException {
        return metrics(collector)
                .lines()
                .filter(line -> line.matches("^" + series + ".*"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private String metrics() throws IOException {
        return metrics(alloy);
    }

    private static String metrics(Docker.Container collector) throws IOException {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + collector.port(12345) + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
