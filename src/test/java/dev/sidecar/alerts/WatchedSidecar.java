package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The sidecar of a {@link WatchedStack}: a gateway with an API in trouble behind it, and backups that are taken when asked for. */
final class WatchedSidecar implements AutoCloseable {

    /** How old the newest backup may be; hurried as the rules are. */
    static final Duration RPO = Duration.ofSeconds(30);

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String ADMIN_PASSWORD = "the-password-of-a-person";

    private final Outside api = new Outside();
    private final int port = FreePort.get();
    private final int gatewayPort = FreePort.get();
    private final ConfigurableApplicationContext application;
    private final AtomicBoolean traffic = new AtomicBoolean();

    WatchedSidecar(Path directory, int postgresPort, String postgresPassword) {
        api.answer("/broken", request -> later(200, 500));
        api.answer("/slow", request -> later(1_500, 200));
        api.answer("/login", request -> later(200, 401));
        application = new SpringApplicationBuilder(SidecarApplication.class)
                .run(
                        "--server.port=" + port,
                        "--sidecar.stack=drill",
                        "--sidecar.host=h1",
                        "--sidecar.access.directory=" + directory.resolve("access"),
                        "--sidecar.access.admin-password=" + ADMIN_PASSWORD,
                        // After guesses every login waits, and so would those of the drill itself.
                        "--sidecar.access.locked-for=5s",
                        "--sidecar.access.metrics-token=" + RenderedConfig.METRICS_TOKEN,
                        "--sidecar.gateway.port=" + gatewayPort,
                        "--sidecar.gateway.upstream=" + api.url(""),
                        "--sidecar.gateway.service=api",
                        "--sidecar.backup.server.host=127.0.0.1",
                        "--sidecar.backup.server.port=" + postgresPort,
                        "--sidecar.backup.server.password=" + postgresPassword,
                        "--sidecar.backup.server.databases=app",
                        "--sidecar.backup.directory=" + directory.resolve("backups"),
                        "--sidecar.backup.verify.level=L1",
                        "--sidecar.backup.rpo=" + RPO.toSeconds() + "s",
                        "--sidecar.backup.slots.daily.cron=-",
                        "--sidecar.backup.slots.weekly.cron=-",
                        "--sidecar.backup.slots.drill=-");
    }

    String hostAndPort() {
        return "127.0.0.1:" + port;
    }

    /** Takes a backup and waits for its end. @return DONE or FAILED */
    String takeBackup() {
        JsonNode task = json(post("/api/backups", "{\"database\": \"app\"}"));
        return Awaitility.await("backup")
                .atMost(Duration.ofMinutes(2))
                .until(
                        () -> json(get("/api/backups/tasks/" + task.path("id").asString()))
                                .path("state")
                                .asString(),
                        state -> !state.equals("RUNNING"));
    }

    /** Asks the control plane with a password that is wrong. @return the statuses of the answers */
    List<Integer> guessPasswords(int times) {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            statuses.add(
                    send(HttpRequest.newBuilder(control("/api/report")).header("Authorization", basic("guess-" + i)))
                            .statusCode());
        }
        return statuses;
    }

    /** Runs one of its own proofs and waits for its end. */
    void prove(String proof) {
        String runs = "sidecar_job_runs_total{job_name=\"proof-" + proof + "\"";
        double before = sum(runs);
        post("/api/report/drills/" + proof, "{}");
        Awaitility.await(proof).atMost(Duration.ofMinutes(2)).until(() -> sum(runs) > before);
    }

    /** How many requests were refused since the start, for whatever reason. */
    double refused() {
        return sum("sidecar_access_refused_total{");
    }

    private double sum(String series) {
        return get("/actuator/prometheus")
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Clients of the API, until {@link #calm()}: errors, slow answers and refused logins. */
    void trouble() {
        traffic.set(true);
        for (String path : List.of("/broken", "/broken", "/slow", "/slow", "/slow", "/login")) {
            Thread client = new Thread(
                    () -> {
                        while (traffic.get()) {
                            send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gatewayPort + path)));
                        }
                    },
                    "client-of-the-api");
            client.setDaemon(true);
            client.start();
        }
    }

    void calm() {
        traffic.set(false);
    }

    private static Answer later(long milliseconds, int status) {
        LockSupport.parkNanos(Duration.ofMillis(milliseconds).toNanos());
        return new Answer(status, Map.of(), "");
    }

    private URI control(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private String get(String path) {
        return accepted(HttpRequest.newBuilder(control(path)));
    }

    private String post(String path, String body) {
        return accepted(HttpRequest.newBuilder(control(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static String accepted(HttpRequest.Builder request) {
        HttpResponse<String> response = send(request.header("Authorization", basic(ADMIN_PASSWORD)));
        assertThat(response.statusCode()).as(response.body()).isLessThan(300);
        return response.body();
    }

    private static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text);
    }

    private static String basic(String password) {
        return "Basic " + Base64.getEncoder().encodeToString(("admin:" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        calm();
        application.close();
        api.close();
    }
}
