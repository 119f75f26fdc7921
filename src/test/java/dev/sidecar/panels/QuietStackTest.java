package dev.sidecar.panels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.FreePort;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * What the panels show where nothing happens: a real Prometheus reads every metric of the contracts from a stack that stands still, with
 * counters at zero. Nothing divides by that. Then single figures begin to move.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class QuietStackTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private QuietStack stack;
    private PrometheusServer prometheus;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        stack = new QuietStack();
        Path config = Files.writeString(directory.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: ['%s']
                scrape_configs:
                %s""".formatted(
                        Path.of("prometheus/rules/requests.yml").toAbsolutePath(), stack.scrapeConfigs()));
        prometheus = PrometheusServer.start(config, FreePort.get());
        await().atMost(PATIENCE)
                .until(() -> values("count_over_time(up[1m]) >= 4").size() == QuietStack.JOBS.size()
                        && !values("service:requests_all:rate5m").isEmpty());
    }

    @AfterAll
    void stop() {
        prometheus.close();
        stack.close();
    }

    static Stream<DashboardFile.Query> queries() {
        return DashboardFile.queries("prometheus");
    }

    @Test
    @Order(1)
    void nothingIsNoNumberAndNothingIsInfinite() {
        assertThat(queries())
                .isNotEmpty()
                .allSatisfy(query ->
                        assertThat(values(query.filled())).as(query.toString()).allMatch(Double::isFinite));
        assertThat(values("0 * sum(rate(redis_keyspace_hits_total[1m])) / sum(rate(redis_keyspace_hits_total[1m]))"))
                .as("a division that is not guarded is noticed")
                .containsExactly(Double.NaN);
    }

    @Test
    @Order(2)
    void withoutRequestsNobodyFailsAndNothingIsSlow() {
        assertThat(shown("Errors")).isEmpty();
        assertThat(shown("P95 of the answer time")).isEmpty();
        assertThat(shown("Cache hits")).isEmpty();
        assertThat(shown("Services down")).containsExactly(0.0);
    }

    @Test
    @Order(3)
    void aDeadDatabaseOrCacheIsAServiceThatIsDown() {
        stack.set("pg_up", 0);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(shown("Services down")).containsExactly(1.0));

        stack.set("redis_up", 0);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(shown("Services down")).containsExactly(2.0));
        assertThat(shown("Blind spots")).as("the exporters answer").containsExactly(0.0);
        stack.set("pg_up", 1);
        stack.set("redis_up", 1);
    }

    @Test
    @Order(4)
    void probesThatFailAreNotUsersThatFail() {
        stack.grow("sidecar_gateway_requests_seconds", "client=\"probe\"", "status=\"5xx\"");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(shown("Requests")).hasSize(2).contains(0.0).anyMatch(rate -> rate > 0));
        assertThat(shown("Errors")).isEmpty();
        assertThat(shown("P95 of the answer time")).isEmpty();

        stack.grow("sidecar_gateway_requests_seconds", "client=\"user\"", "status=\"5xx\"");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(shown("Errors")).containsExactly(1.0));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(shown("P95 of the answer time")).hasSize(1));
    }

    /** The values that a panel of the first page shows now. */
    private List<Double> shown(String title) {
        List<DashboardFile.Query> asked = queries()
                .filter(query ->
                        query.dashboard().equals("overview") && query.panel().equals(title))
                .toList();
        assertThat(asked).as(title).isNotEmpty();
        return asked.stream().flatMap(query -> values(query.filled()).stream()).toList();
    }

    private List<Double> values(String promQl) {
        JsonNode result = prometheus.query(promQl);
        return DashboardFile.list(result)
                .map(sample -> number(sample.path("value").path(1).asString()))
                .toList();
    }

    private static double number(String text) {
        return switch (text) {
            case "NaN" -> Double.NaN;
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }
}
