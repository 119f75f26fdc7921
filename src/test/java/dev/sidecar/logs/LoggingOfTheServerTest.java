package dev.sidecar.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.SidecarApplication;
import dev.sidecar.support.SidecarJvm;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Starts the sidecar as a process, as an operator does, and reads its outputs, with and without a Loki. */
class LoggingOfTheServerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();

    @AfterEach
    void endWhatIsLeft() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly();
            process.waitFor(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void everyLineOnStandardOutputIsTheContractsJsonAndGoesToLokiToo() throws Exception {
        try (LokiDouble loki = new LokiDouble()) {
            Process server = start("http://localhost:" + loki.port(), "--server.port=0");
            await().atMost(PATIENCE)
                    .until(() -> loki.stored().stream()
                            .anyMatch(entry -> entry.line().contains("Started SidecarApplication")));
            // The thread that starts it may have more to log after that line.
            await().atMost(PATIENCE)
                    .until(() -> get(port(), "/actuator/health/readiness"), "{\"status\":\"UP\"}"::equals);
            server.destroy();
            assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();

            List<String> lines = Files.readAllLines(stdout());
            assertThat(lines).isNotEmpty().allSatisfy(line -> {
                JsonNode json = JSON.readTree(line);
                assertThat(json.propertyNames())
                        .contains("timestamp", "level", "logger", "message", "service", "environment");
                assertThat(json.get("timestamp").stringValue()).matches("[0-9T:.-]+Z");
                assertThat(json.get("environment").stringValue()).isEqualTo("staging");
            });
            assertThat(loki.complaints()).isEmpty();
            assertThat(loki.stored()).extracting(LokiDouble.Entry::line).containsExactlyInAnyOrderElementsOf(lines);
            assertThat(Files.readString(stderr())).isEmpty();
        }
    }

    @Test
    void aLokiThatIsNotThereNeitherStopsTheStartNorTheEndAndShowsInTheMetrics() throws Exception {
        Process server = start("http://localhost:9", "--server.port=0");
        int port = await().atMost(PATIENCE).until(this::port, found -> found > 0);

        String metrics = await().atMost(PATIENCE)
                .until(
                        () -> get(port, "/actuator/prometheus"),
                        text -> text.contains("sidecar_log_lines_waiting{output=\"loki\"}"));

        assertThat(metrics)
                .contains("sidecar_log_lines_total{outcome=\"dropped\",output=\"loki\"} 0.0")
                .contains("sidecar_log_lines_total{outcome=\"failed\",output=\"stdout\"} 0.0")
                .contains("sidecar_log_batches_lost_total{reason=\"rejected\"} 0.0")
                .contains("loki4j_drop_events_total{appender=\"loki\"}");
        assertThat(Files.readString(stdout())).contains("Loki accepts no log lines");
        server.destroy();
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(stderr())).contains("log lines did not reach Loki before the end");
    }

    /** Somebody looks for a fault with all there is to log, and sends it to others. */
    @Test
    void noPasswordAndNoTokenIsWrittenDownHoweverMuchIsLogged() throws Exception {
        String password = "of-an-admin-7391";
        environment.put(
                "SIDECAR_ACCESS_ADMINPASSWORD_FILE",
                Files.writeString(directory.resolve("password"), password).toString());
        environment.put("LOGGING_LEVEL_ROOT", "TRACE");
        Process server = start("", "--server.port=0");
        int port = await().atMost(PATIENCE).until(this::port, found -> found > 0);
        await().atMost(PATIENCE).until(() -> get(port, "/actuator/health/readiness"), "{\"status\":\"UP\"}"::equals);
        CookieManager cookies = new CookieManager();
        HttpClient browser = HttpClient.newBuilder().cookieHandler(cookies).build();
        URI base = URI.create("http://localhost:" + port);
        Matcher csrf = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"")
                .matcher(browser.send(
                                HttpRequest.newBuilder(base.resolve("/login")).build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
        assertThat(csrf.find()).isTrue();
        HttpResponse<String> loggedIn = browser.send(
                HttpRequest.newBuilder(base.resolve("/login"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "username=admin&password=" + password + "&_csrf=" + csrf.group(1)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(loggedIn.headers().firstValue("Location").orElse("")).doesNotContain("error");
        String session = cookies.getCookieStore().getCookies().get(0).getValue();
        String basic = Base64.getEncoder().encodeToString(("admin:" + password).getBytes(StandardCharsets.UTF_8));
        HttpResponse<String> made = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(base.resolve("/api/tokens"))
                                .header("Authorization", "Basic " + basic)
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"ci\",\"role\":\"viewer\"}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(made.statusCode()).as(made.body()).isBetween(200, 201);
        String token = JSON.readTree(made.body()).get("token").stringValue();
        assertThat(HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(base.resolve("/api/report"))
                                        .header("Authorization", "Bearer " + token)
                                        .build(),
                                HttpResponse.BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(200);
        server.destroy();
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();

        String metricsToken =
                Files.readString(directory.resolve("access/metrics-token")).strip();
        List<String> lines = Files.readAllLines(stdout());
        assertThat(lines).anyMatch(line -> line.contains("\"level\":\"TRACE\""));
        for (String secret : List.of(password, basic, session, token, metricsToken)) {
            assertThat(lines.stream().filter(line -> line.contains(secret)).limit(3))
                    .as("lines with %s", secret)
                    .isEmpty();
        }
    }

    @Test
    void aWrongAddressStopsTheStartWithItsName() throws Exception {
        Process server = start("loki:3100", "--server.port=0");
        assertThat(server.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isEqualTo(1);
        assertThat(Files.readString(stdout())).contains("sidecar.logs.loki-url", "loki:3100", "http://loki:3100");
    }

    @Test
    void aCommandKeepsItsStandardOutputForItself() throws Exception {
        Process command = start("http://localhost:9", "--version");
        assertThat(command.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(stdout())).singleElement().asString().startsWith("sidecar ");
        assertThat(Files.readString(stderr())).isEmpty();
    }

    private int port() throws IOException {
        Matcher matcher = Pattern.compile("Tomcat started on port (\\d+)").matcher(Files.readString(stdout()));
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    private String get(int port, String path) throws IOException, InterruptedException {
        String token = Files.readString(directory.resolve("access/metrics-token"));
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                                .header("Authorization", "Bearer " + token.strip())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private Path stdout() {
        return directory.resolve("stdout");
    }

    private Path stderr() {
        return directory.resolve("stderr");
    }

    private Process start(String lokiUrl, String... arguments) throws IOException {
        List<String> command = SidecarJvm.command(SidecarApplication.class, "-Xmx256m");
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(stdout().toFile())
                .redirectError(stderr().toFile())
                .directory(directory.toFile());
        builder.environment().put("LOKI_URL", lokiUrl);
        builder.environment().put("SIDECAR_ENVIRONMENT", "staging");
        builder.environment()
                .put("SIDECAR_ACCESS_DIRECTORY", directory.resolve("access").toString());
        builder.environment().putAll(environment);
        builder.environment().keySet().removeIf(name -> name.startsWith("JAVA_TOOL"));
        Process process = builder.start();
        started.add(process);
        return process;
    }
}
