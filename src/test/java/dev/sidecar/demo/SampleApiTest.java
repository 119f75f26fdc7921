package dev.sidecar.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.TraceReceiver;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The sample API as it runs: a process, a real database, a real Redis. */
class SampleApiTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Queue<String> LOG = new ConcurrentLinkedQueue<>();
    private static final PostgresServer POSTGRES = PostgresServer.shared();

    @TempDir
    private static Path folder;

    private static String database;
    private static ChildProcess redis;
    private static SampleApi api;
    private static Map<String, String> environment;

    @BeforeAll
    static void start() throws IOException {
        database = POSTGRES.createDatabase("shop");
        POSTGRES.execute(
                database,
                "CREATE ROLE app_%1$s LOGIN PASSWORD 'of the app'; ALTER DATABASE %1$s OWNER TO app_%1$s"
                        .formatted(database));
        Path password = Files.writeString(folder.resolve("db_password"), "of the app\n");
        Path redisPassword = Files.writeString(folder.resolve("redis_password"), "of-redis\n");
        int redisPort = startRedis();
        environment = Map.of(
                "SPRING_DATASOURCE_URL", POSTGRES.jdbcUrl(database),
                "SPRING_DATASOURCE_USERNAME", "app_" + database,
                "SPRING_DATASOURCE_PASSWORD_FILE", password.toString(),
                "REDIS_HOST", "127.0.0.1",
                "REDIS_PORT", Integer.toString(redisPort),
                "REDIS_PASSWORD_FILE", redisPassword.toString());
        api = SampleApi.start(environment, LOG::add);
    }

    private static int startRedis() throws IOException {
        int port = FreePort.get();
        redis = ChildProcess.start(
                "redis-server (package redis-server)",
                UnixUser.same(),
                Map.of(),
                line -> {},
                List.of(
                        "redis-server",
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--requirepass",
                        "of-redis"));
        return port;
    }

    @AfterAll
    static void stop() {
        if (api != null) {
            api.close();
        }
        if (redis != null) {
            redis.close();
        }
        POSTGRES.dropDatabase(database);
        POSTGRES.execute("postgres", "DROP ROLE app_" + database);
    }

    @Test
    void readsFromTheDatabaseAndThenFromTheCache() throws Exception {
        assertThat(get("/api/products?limit=3", "list-1").body())
                .contains("\"SKU-1\"", "\"SKU-3\"")
                .doesNotContain("SKU-4");

        HttpResponse<String> first = get("/api/products/7", "cache-1");
        POSTGRES.execute(database, "UPDATE shop.product SET name = 'changed behind the cache' WHERE id = 7");
        HttpResponse<String> second = get("/api/products/7", "cache-2");

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(get("/actuator/prometheus", "m").body())
                .containsPattern("sample_cache_requests_total\\{result=\"hit\"} [1-9]")
                .contains("sample_cache_requests_total{result=\"error\"} 0.0");
    }

    /** The address that is probed through the edge leaves a line in every service; health checks without an id, as at the start, do not. */
    @Test
    void whoComesThroughTheGatewayIsLoggedWhateverIsAsked() throws Exception {
        get("/actuator/health", "probe-1");
        get("/api/products/1", "after-the-probes");

        Awaitility.await().until(() -> LOG.stream().anyMatch(line -> line.contains("after-the-probes")));
        assertThat(LOG.stream().filter(line -> line.contains("\"path\":\"/actuator/health\"")))
                .hasSize(1)
                .allMatch(line -> line.contains("\"request_id\":\"probe-1\""));
    }

    @Test
    void anOrderIsAllOrNothing() throws Exception {
        int stock = stock(1);

        HttpResponse<String> ordered = order("{\"customerId\": 1, \"productId\": 1, \"quantity\": 3}");
        HttpResponse<String> unknownCustomer = order("{\"customerId\": 999999, \"productId\": 1, \"quantity\": 3}");
        HttpResponse<String> tooMany = order("{\"customerId\": 1, \"productId\": 1, \"quantity\": 2000000}");

        assertThat(ordered.statusCode()).isEqualTo(201);
        assertThat(unknownCustomer.statusCode()).isEqualTo(422);
        assertThat(tooMany.statusCode()).isEqualTo(409);
        assertThat(stock(1)).isEqualTo(stock - 3);
        assertThat(get(ordered.headers().firstValue("Location").orElseThrow(), "order-2")
                        .body())
                .contains("\"customer_id\":1");
    }

    private static int stock(long product) {
        return Integer.parseInt(POSTGRES.query(database, "SELECT stock FROM shop.product WHERE id = " + product)
                .get(0));
    }

    @Test
    void theRequestIdIsInTheAnswerInTheLogLineAndInTheDatabasesStatement() throws Exception {
        var slow = HTTP.sendAsync(
                request("/api/slow?seconds=3", "find-me-1").build(), HttpResponse.BodyHandlers.ofString());
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(
                        () -> POSTGRES.query(
                                database,
                                "SELECT query FROM pg_stat_activity WHERE query LIKE '%request_id=find-me-1%' AND pid <> pg_backend_pid()"),
                        found -> !found.isEmpty());

        assertThat(slow.join().headers().firstValue("X-Request-ID")).contains("find-me-1");
        JsonNode line = logLine("find-me-1");
        assertThat(line.path("timestamp").asString()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z");
        assertThat(line.path("service").asString()).isEqualTo("api");
        assertThat(line.path("level").asString()).isEqualTo("INFO");
        assertThat(line.path("route").asString()).isEqualTo("/api/slow");
        assertThat(line.path("status").asInt()).isEqualTo(200);
        assertThat(line.path("duration_ms").asDouble()).isGreaterThan(2900);
        assertThat(line.toString()).doesNotContain("seconds=3");
    }

    /** Without an endpoint, too: the gateway's trace is in the line; statements name it only where spans are sent. */
    @Test
    void theTraceOfARequestIsInItsLineAndNoStatementNamesItWithoutAnEndpoint() throws Exception {
        var slow = HTTP.sendAsync(
                request("/api/slow?seconds=2", "traced-1")
                        .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(statement("traced-1")).doesNotContain("traceparent");
        slow.join();
        assertThat(logLine("traced-1").path("trace_id").asString()).isEqualTo(TRACE);
        get("/api/products/1", "traced-2");
        assertThat(logLine("traced-2").has("trace_id")).isFalse();
    }

    @Test
    void withAnEndpointItsSpanIsBelowTheGatewaysAndItsStatementsNameIt() throws Exception {
        Map<String, String> traced = new HashMap<>(environment);
        Queue<String> lines = new ConcurrentLinkedQueue<>();
        try (var receiver = new TraceReceiver()) {
            traced.put("MANAGEMENT_OPENTELEMETRY_TRACING_SAMPLER", "parent-based-trace-id-ratio");
            traced.put("MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT", receiver.endpoint() + "/v1/traces");
            try (SampleApi sending = SampleApi.start(traced, lines::add)) {
                var slow = HTTP.sendAsync(
                        HttpRequest.newBuilder(URI.create(sending.url() + "/api/slow?seconds=2"))
                                .header("X-Request-ID", "sent-1")
                                .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                String statement = statement("sent-1");
                slow.join();
                HTTP.send(
                        HttpRequest.newBuilder(URI.create(sending.url() + "/api/products/1"))
                                .header("X-Request-ID", "unsampled-1")
                                .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-00")
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                Awaitility.await()
                        .atMost(Duration.ofMinutes(1))
                        .until(() -> receiver.spans.stream()
                                .anyMatch(span -> span.parentId().equals("00f067aa0ba902b7")));

                TraceReceiver.Received span = receiver.spans.stream()
                        .filter(found -> found.parentId().equals("00f067aa0ba902b7"))
                        .findFirst()
                        .orElseThrow();
                assertThat(span.traceId()).isEqualTo(TRACE);
                assertThat(span.resource()).containsEntry("service.name", "api");
                assertThat(statement).endsWith("/*traceparent='00-" + TRACE + "-" + span.spanId() + "-01'*/");
                assertThat(receiver.spans)
                        .filteredOn(found -> found.traceId().equals(TRACE))
                        .hasSize(1);
            }
        }
    }

    private static String statement(String requestId) {
        return Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(
                        () -> POSTGRES.query(
                                database,
                                "SELECT query FROM pg_stat_activity WHERE query LIKE '%request_id=" + requestId
                                        + "%' AND pid <> pg_backend_pid()"),
                        found -> !found.isEmpty())
                .get(0)
                .strip();
    }

    @Test
    void failsAsAskedForWithTheIdInTheLogAndNoStackTraceForTheClient() throws Exception {
        HttpResponse<String> failed = get("/api/error", "fail-1");

        assertThat(failed.statusCode()).isEqualTo(500);
        assertThat(failed.body()).doesNotContain("IllegalStateException");
        assertThat(get("/api/error?status=503", "fail-2").statusCode()).isEqualTo(503);
        assertThat(get("/api/products/99999999", "fail-3").statusCode()).isEqualTo(404);
        assertThat(LOG).anyMatch(line -> line.contains("fail-1") && line.contains("This failure was asked for."));
    }

    @Test
    void itsHistogramIsBounded() throws Exception {
        get("/api/products", "histogram");

        List<String> buckets = get("/actuator/prometheus", "m")
                .body()
                .lines()
                .filter(line -> line.startsWith("http_server_requests_seconds_bucket")
                        && line.contains("uri=\"/api/products\"")
                        && line.contains("status=\"200\""))
                .toList();

        assertThat(buckets).hasSize(12).last().asString().contains("le=\"+Inf\"");
    }

    private static JsonNode logLine(String id) {
        JsonMapper json = JsonMapper.builder().build();
        return Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(
                        () -> LOG.stream()
                                .filter(line -> line.contains("\"request_id\":\"" + id + "\"")
                                        && line.contains("request served"))
                                .findFirst(),
                        Optional::isPresent)
                .map(json::readTree)
                .orElseThrow();
    }

    private static HttpResponse<String> order(String body) throws Exception {
        return HTTP.send(
                request("/api/orders", "order-1")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> get(String path, String id) throws Exception {
        return HTTP.send(request(path, id).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path, String id) {
        return HttpRequest.newBuilder(URI.create(api.url() + path)).header("X-Request-ID", id);
    }
}
