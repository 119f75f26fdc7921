package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.PostgresServer;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole server on a real database: its first backups by themselves, and what can be asked of it over HTTP. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@DirtiesContext
class BackupServerTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration LONG = Duration.ofMinutes(4);

    @TempDir
    static Path folder;

    private static String database = "";

    private final HttpClient client = HttpClient.newHttpClient();
    private final int port;

    BackupServerTest(@Value("${local.server.port}") int port) {
        this.port = port;
    }

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry settings) {
        database = SERVER.createDatabase("served");
        SERVER.execute(
                database,
                "CREATE TABLE product (id int PRIMARY KEY, name text)",
                "INSERT INTO product SELECT i, 'product ' || i FROM generate_series(1, 500) i");
        settings.add("sidecar.access.directory", () -> folder.resolve("access").toString());
        settings.add("sidecar.access.admin-password", () -> "a password of the test");
        settings.add("sidecar.backup.server.host", SERVER::host);
        settings.add("sidecar.backup.server.port", SERVER::port);
        settings.add("sidecar.backup.server.user", SERVER::user);
        settings.add("sidecar.backup.server.password", SERVER::password);
        settings.add("sidecar.backup.server.programs", SERVER::programs);
        settings.add("sidecar.backup.server.databases", () -> database);
        settings.add("sidecar.backup.directory", () -> folder.resolve("backups").toString());
    }

    @AfterAll
    static void drop() {
        SERVER.query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'served%'")
                .forEach(SERVER::dropDatabase);
    }

    @Test
    void takesItsFirstBackupsByItselfAndAnswersOverHttp() throws Exception {
        // The newest slots were missed, as there was no sidecar then: they are caught up, once, and labelled with their
        // time.
        await().atMost(LONG).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
            JsonNode caughtUp = get("/api/backups");
            assertThat(caughtUp.size()).isEqualTo(2);
            assertThat(caughtUp)
                    .allSatisfy(backup ->
                            assertThat(backup.path("level").asString()).isEqualTo("L4"));
        });
        JsonNode daily = get("/api/backups?generation=daily").get(0);
        assertThat(Instant.parse(daily.path("slot").asString()))
                .isBefore(Instant.parse(daily.path("startedAt").asString()));
        assertThat(daily.path("slot").asString()).endsWith("T02:00:00Z");
        assertThat(daily.path("rows").asLong()).isEqualTo(500);
        assertThat(get("/api/backups?generation=weekly").get(0).path("slot").asString())
                .endsWith("T03:00:00Z");

        JsonNode taken = finished(post("/api/backups", "{\"database\": \"%s\"}".formatted(database)));
        assertThat(taken.path("state").asString()).as(taken.toString()).isEqualTo("DONE");
        String id = taken.path("result").path("id").asString();
        assertThat(id).contains(".manual.");
        assertThat(get("/api/backups/" + id)
                        .path("contents")
                        .path("tables")
                        .get(0)
                        .path("rows")
                        .asLong())
                .isEqualTo(500);

        JsonNode verified = finished(post("/api/backups/" + id + "/verify", "{\"level\": \"L2\"}"));
        assertThat(verified.path("result").path("reached").asString()).isEqualTo("L2");

        String into = database + "_back";
        JsonNode plan = JSON.readTree(post("/api/backups/" + id + "/restore/plan", "{\"into\": \"%s\"}".formatted(into))
                .body());
        assertThat(plan.path("obstacles").size()).as(plan.toString()).isZero();
        JsonNode restored = finished(post("/api/backups/" + id + "/restore", "{\"into\": \"%s\"}".formatted(into)));
        assertThat(restored.path("result").path("rows").asLong())
                .as(restored.toString())
                .isEqualTo(500);
        assertThat(SERVER.query(into, "SELECT count(*) FROM product")).containsExactly("500");

        assertThat(JSON.readTree(post("/api/backups/" + id + "/pin", "{\"why\": \"before the migration\"}")
                                .body())
                        .path("pinned")
                        .asBoolean())
                .isTrue();
        assertThat(JSON.readTree(post("/api/backups/" + id + "/unpin", "{}").body())
                        .path("pinned")
                        .asBoolean())
                .isFalse();
        assertThat(get("/api/backups/retention")).allSatisfy(kept -> {
            assertThat(kept.path("keep").asBoolean()).isTrue();
            assertThat(kept.path("reasons").size()).isPositive();
        });
    }

    @Test
    void saysWhatIsWrongAsProblemDetails() throws Exception {
        String absent = "/api/backups/%s.20200101T000000Z.daily.00000000".formatted(database);
        assertProblem(send("GET", absent, null), 404, "There is no backup");
        assertProblem(send("GET", "/api/backups/no-id", null), 400, "is not the id of a backup");
        assertProblem(send("GET", "/api/backups/tasks/1", null), 404, "There is no task 1.");
        assertProblem(post("/api/backups", "{}"), 400, "'database' is missing.");
        HttpResponse<String> stranger =
                client.send(HttpRequest.newBuilder(uri("/api/backups")).build(), BodyHandlers.ofString());
        assertThat(stranger.statusCode()).isEqualTo(401);
    }

    @Test
    void aLiveDatabaseIsNotReplacedWithoutItsNameGivenTwice() throws Exception {
        await().atMost(LONG).until(() -> get("/api/backups").size() > 0);
        String id = get("/api/backups").get(0).path("id").asString();

        assertProblem(
                post(
                        "/api/backups/" + id + "/restore",
                        "{\"into\": \"%s\", \"replace\": true, \"confirm\": \"other\"}".formatted(database)),
                409,
                "give its name as 'confirm' too");
    }

    private static void assertProblem(HttpResponse<String> response, int status, String detail) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(JSON.readTree(response.body()).path("detail").asString()).contains(detail);
    }

    private JsonNode finished(HttpResponse<String> accepted) {
        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        String task = accepted.headers().firstValue("Location").orElseThrow();
        return await().atMost(LONG)
                .pollInterval(Duration.ofMillis(300))
                .until(() -> get(task), state -> !state.path("state").asString().equals("RUNNING"));
    }

    private JsonNode get(String path) throws Exception {
        HttpResponse<String> response = send("GET", path, null);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return send("POST", path, body);
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        String login =
                Base64.getEncoder().encodeToString("admin:a password of the test".getBytes(StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(uri(path))
                .header("Authorization", "Basic " + login)
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create(
                "http://127.0.0.1:" + port + path.replace(" ", URLEncoder.encode(" ", StandardCharsets.UTF_8)));
    }
}
