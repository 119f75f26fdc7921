package dev.sidecar.support;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus on a free port, and what its API says. */
public final class PrometheusServer implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final URI address;
    private final ChildProcess process;

    private PrometheusServer(URI address, ChildProcess process) {
        this.address = address;
        this.process = process;
    }

    /** One that scrapes nothing: for its parser. */
    public static PrometheusServer idle(Path directory) throws IOException {
        Path config = Files.writeString(directory.resolve("prometheus.yml"), "scrape_configs: []\n");
        return start(config, FreePort.get());
    }

    /** @param config its configuration; data is written beside it */
    public static PrometheusServer start(Path config, int port) {
        return start(config, port, Map.of(), List.of());
    }

    /** One that others write to. */
    public static PrometheusServer receiving(Path config, int port) {
        return start(config, port, Map.of(), List.of("--web.enable-remote-write-receiver"));
    }

    /** One that takes samples of any time, days at once, as long as each series is written in the order of time. */
    public static PrometheusServer past(Path config, int port) {
        return start(
                config,
                port,
                Map.of("GOGC", "800"),
                List.of(
                        "--web.enable-remote-write-receiver",
                        "--storage.tsdb.min-block-duration=3d",
                        "--storage.tsdb.max-block-duration=3d",
                        "--storage.tsdb.retention.time=100y"));
    }

    /** One that takes samples that others push. @param further options */
    public static PrometheusServer receiving(Path config, int port, String... further) {
        return start(
                config,
                port,
                Map.of(),
                Stream.concat(Stream.of("--web.enable-remote-write-receiver"), Stream.of(further))
                        .toList());
    }

    private static PrometheusServer start(
            Path config, int port, Map<String, String> environment, List<String> further) {
        ChildProcess process = ChildProcess.start(
                "prometheus",
                UnixUser.same(),
                environment,
                line -> {},
                Stream.concat(
                                Stream.of(
                                        Programs.find("prometheus").toString(),
                                        "--config.file=" + config,
                                        "--storage.tsdb.path=" + config.resolveSibling("prometheus-data"),
                                        "--web.listen-address=127.0.0.1:" + port,
                                        "--web.enable-lifecycle",
                                        "--log.level=warn"),
                                further.stream())
                        .toList());
        PrometheusServer server = new PrometheusServer(URI.create("http://127.0.0.1:" + port), process);
        Awaitility.await("Prometheus").atMost(Duration.ofMinutes(2)).until(server::isReady);
        return server;
    }

    /** One that others started. @param asked its address, with user and password in it if it asks for a login */
    public static JsonNode get(URI asked, String path, Map<String, String> parameters) {
        String login = asked.getUserInfo();
        URI address = URI.create("http://" + asked.getHost() + ":" + asked.getPort() + "/");
        List<String> query = new ArrayList<>();
        parameters.forEach((name, value) -> query.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
        try {
            HttpResponse<String> response = HTTP.send(
                    HttpRequest.newBuilder(address.resolve(path))
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .header("Authorization", "Basic " + base64(login == null ? "" : login))
                            .method(
                                    parameters.isEmpty() || path.contains("metadata") ? "GET" : "POST",
                                    HttpRequest.BodyPublishers.ofString(String.join("&", query)))
                            .uri(
                                    path.contains("metadata")
                                            ? address.resolve(path + "?" + String.join("&", query))
                                            : address.resolve(path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            JsonNode answer = JsonMapper.shared().readTree(response.body());
            if (!answer.path("status").asString("").equals("success")) {
                throw new IllegalStateException(path + " " + parameters + ": " + response.body());
            }
            return answer.path("data");
        } catch (IOException e) {
            throw new IllegalStateException(path + " cannot be asked", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(path + " was interrupted", e);
        }
    }

    private static String base64(String login) {
        return Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }

    public URI address() {
        return address;
    }

    /** The syntax tree of an expression, by Prometheus' own parser. */
    public JsonNode parse(String expression) {
        return get(address, "/api/v1/parse_query", Map.of("query", expression));
    }

    /** The result of an instant query. */
    public JsonNode query(String expression) {
        return get(address, "/api/v1/query", Map.of("query", expression)).path("result");
    }

    /** Why it could not evaluate a rule the last time it tried, by the rules' names. */
    public Map<String, String> rulesThatFail() {
        Map<String, String> failures = new TreeMap<>();
        get(address, "/api/v1/rules", Map.of())
                .path("groups")
                .forEach(group -> group.path("rules").forEach(rule -> {
                    if (rule.path("health").asString("").equals("err")) {
                        failures.put(
                                rule.path("name").asString(),
                                rule.path("lastError").asString(""));
                    }
                }));
        return failures;
    }

    private boolean isReady() {
        process.requireAlive();
        try {
            return HTTP.send(
                                    HttpRequest.newBuilder(address.resolve("/-/ready"))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
