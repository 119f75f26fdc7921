package dev.sidecar.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.loki.Loki;
import dev.sidecar.loki.LokiFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.proofs.logging.LoggingProofsFixture;
import dev.sidecar.support.StackImage;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.MountableFile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Lines are pushed to the real Loki, configured as in the stack, and found again by query. The system property {@code loki.url} names a running one; without it the
 * image is started.
 */
@Tag("docker")
@Tag("images")
class RealLokiTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static String url = System.getProperty("loki.url", "");
    private static GenericContainer<?> container;

    private final HttpClient client = HttpClient.newHttpClient();
    private final String run = UUID.randomUUID().toString();

    @BeforeAll
    static void start() {
        if (url.isBlank()) {
            container = new GenericContainer<>(StackImage.of("loki"))
                    .withCopyFileToContainer(MountableFile.forHostPath("loki/loki.yml"), "/etc/loki/loki.yml")
                    .withCommand("-config.file=/etc/loki/loki.yml")
                    .withExposedPorts(3100)
                    .waitingFor(Wait.forHttp("/ready").forPort(3100).withStartupTimeout(Duration.ofMinutes(3)));
            container.start();
            url = "http://" + container.getHost() + ":" + container.getMappedPort(3100);
        }
    }

    @AfterAll
    static void stop() {
        if (container != null) {
            container.stop();
        }
    }

    @Test
    void everyLineIsFoundAgainOnceWithItsLabelsAndByItsRequestId() throws Exception {
        try (LogBench bench = new LogBench(url)) {
            for (int i = 0; i < 2_500; i++) {
                MDC.put("request_id", run + "-" + i);
                bench.logger().info("the same text every time");
            }
            MDC.clear();
            bench.logger().atWarn().addKeyValue("run", run).log("grüße 😀 \"quoted\" [1");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 2_501);

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    count("{stack=\"staging\",level=\"info\"} | request_id=~\"" + run + ".*\""))
                            .isEqualTo(2_500));
            JsonNode found = query("{stack=\"staging\"} | request_id=\"" + run + "-1234\"");
            assertThat(found).hasSize(1);
            JsonNode labels = found.get(0).get("stream");
            assertThat(labels.get("service").stringValue()).isEqualTo("sidecar");
            assertThat(labels.get("source").stringValue()).isEqualTo("sidecar");
            assertThat(labels.get("host").stringValue()).isEqualTo("box-1");
            assertThat(query("{level=\"warn\"} |= \"" + run + "\" | json")
                            .get(0)
                            .get("values")
                            .get(0)
                            .get(1)
                            .stringValue())
                    .contains("grüße 😀 \\\"quoted\\\" [1");
        }
    }

    @Test
    void aLineFromTheFutureOrFromLongAgoCostsItselfOnly() throws Exception {
        try (LogBench bench = new LogBench(url)) {
            Instant now = Instant.now();
            for (int i = 0; i < 10; i++) {
                bench.logger().info("{} line {}", run, i);
            }
            for (int i = 0; i < 3; i++) {
                bench.logAt(now.plus(Duration.ofHours(3 + i)), run + " future");
            }
            bench.logAt(now.minus(Duration.ofDays(30)), run + " old");
            bench.logAt(now.minus(Duration.ofMinutes(30)), run + " late");

            await().atMost(PATIENCE).until(() -> bench.loki().waiting() == 0);

            assertThat(bench.loki().refused()).isEqualTo(4);
            assertThat(bench.loki().delivered()).isEqualTo(11);
            assertThat(bench.loki().failed()).isZero();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(count("{stack=\"staging\"} |= \"" + run + "\"", "1h"))
                            .isEqualTo(11));
        }
    }

    /** A line that Loki refuses shows that its answer is understood; the streams it has must be the contract's. */
    @Test
    void lokiKnowsOnlyTheFiveLabels() throws Exception {
        try (LogBench bench = new LogBench(url)) {
            bench.logger().atInfo().addKeyValue("run", run).log("hello");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
            await().atMost(PATIENCE)
                    .until(() ->
                            !query("{stack=\"staging\"} |= \"" + run + "\"").isEmpty());

            JsonNode series = get("/loki/api/v1/series?match[]=" + encode("{source=\"sidecar\"}"))
                    .get("data");

            assertThat(series).isNotEmpty();
            for (JsonNode labels : series) {
                // Loki itself adds service_name unless told not to.
                assertThat(labels.propertyNames())
                        .contains("stack", "host", "service", "source", "level")
                        .allMatch(name -> name.matches("stack|host|service|source|level|service_name"));
            }
        }
    }

    @Test
    void theProofsReadTheRealLoki() throws Exception {
        Loki loki = LokiFixture.at(URI.create(url), "staging");
        try (LogBench bench = new LogBench(url)) {
            bench.logger().info("a line for the proofs");
            await().atMost(PATIENCE).until(() -> bench.loki().delivered() == 1);
        }

        for (Proof proof : List.of(
                LoggingProofsFixture.retention(loki, Duration.ofDays(30)),
                LoggingProofsFixture.labels(loki),
                LoggingProofsFixture.sources(loki, Map.of("sidecar", Duration.ofMinutes(5))))) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(proof.prove())
                            .as(proof.claim().id())
                            .extracting(Finding::verdict)
                            .isEqualTo(Verdict.HELD));
        }
        Finding another =
                LoggingProofsFixture.retention(loki, Duration.ofDays(7)).prove();
        assertThat(another.evidence()).isEqualTo("limits_config.retention_period is 30d, not 7.0 d.");
        assertThat(loki.metric("sum(bytes_rate(" + loki.streams() + "[1h]))").values())
                .singleElement()
                .satisfies(bytes -> assertThat(bytes).isPositive());
    }

    private long count(String query) throws Exception {
        return count(query, "15m");
    }

    private long count(String query, String range) throws Exception {
        JsonNode result = get("/loki/api/v1/query?query="
                        + encode("sum(count_over_time(" + query + "[" + range + "]))"))
                .get("data")
                .get("result");
        return result.isEmpty()
                ? 0
                : Long.parseLong(result.get(0).get("value").get(1).stringValue());
    }

    private JsonNode query(String query) throws Exception {
        return get("/loki/api/v1/query_range?since=15m&limit=10&query=" + encode(query))
                .get("data")
                .get("result");
    }

    private JsonNode get(String path) throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create(url + path.replace("[]", "%5B%5D")))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
