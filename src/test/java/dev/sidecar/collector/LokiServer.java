package dev.sidecar.collector;

import static dev.sidecar.support.Docker.docker;

import dev.sidecar.support.Docker;
import dev.sidecar.support.StackImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Loki in a container, with the configuration of the stack. */
public final class LokiServer implements AutoCloseable {

    static final String IMAGE = StackImage.of("loki");

    public static final Path CONFIGURATION = Path.of("loki", "loki.yml");

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final Docker.Container container;

    private LokiServer(Docker.Container container) {
        this.container = container;
    }

    /** A line that was found, with its labels and its structured metadata. */
    public record Line(String text, Map<String, String> fields) {}

    public static LokiServer start(String network, Path configuration) {
        return start(network, configuration, "");
    }

    /** One that has the same port after every start. */
    public static LokiServer start(String network, Path configuration, int port) {
        return start(network, configuration, String.valueOf(port));
    }

    private static LokiServer start(String network, Path configuration, String port) {
        return new LokiServer(Docker.start(
                IMAGE,
                List.of(
                        "--network=" + network,
                        "--network-alias=loki",
                        "--publish=127.0.0.1:" + port + ":3100",
                        "--volume=/loki",
                        "--volume=" + configuration.toAbsolutePath() + ":/etc/loki/loki.yml:ro"),
                List.of("-config.file=/etc/loki/loki.yml")));
    }

    public void kill() {
        container.kill();
    }

    public void startAgain() {
        container.startAgain();
    }

    public boolean isReady() {
        try {
            return send(HttpRequest.newBuilder(uri("/ready")).build()).statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    void push(Map<String, String> labels, Instant at, String line) {
        push(labels, Map.of(), at, line);
    }

    /** @param metadata its structured metadata */
    public void push(Map<String, String> labels, Map<String, String> metadata, Instant at, String line) {
        String refusal = send(labels, metadata, at, line);
        if (!refusal.isEmpty()) {
            throw new IllegalStateException("Loki refused the line: " + refusal);
        }
    }

    /** @return why Loki does not take a line with these labels, or nothing if it does */
    String refusal(Map<String, String> labels, Instant at) {
        return send(labels, Map.of(), at, "x");
    }

    private String send(Map<String, String> labels, Map<String, String> metadata, Instant at, String line) {
        Map<String, Object> stream = Map.of(
                "stream",
                labels,
                "values",
                List.of(List.of(at.getEpochSecond() + "%09d".formatted(at.getNano()), line, metadata)));
        HttpResponse<String> answer = send(HttpRequest.newBuilder(uri("/loki/api/v1/push"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(Map.of("streams", List.of(stream)))))
                .build());
        return answer.statusCode() == 204 ? "" : answer.body();
    }

    String metrics() {
        return send(HttpRequest.newBuilder(uri("/metrics")).build()).body();
    }

    String logs() {
        return container.logs();
    }

    /** Lets it write what it holds in memory. */
    void stop() {
        docker("stop", "--time", "30", container.id());
    }

    void flush() {
        send(HttpRequest.newBuilder(uri("/flush"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    /** The lines of the last hour, or of the given time on. */
    List<Line> lines(String query, Duration back) {
        long now = System.currentTimeMillis() / 1000;
        JsonNode streams = get("/loki/api/v1/query_range?limit=5000&start=" + (now - back.toSeconds()) + "&end="
                + (now + 60) + "&query=" + encoded(query));
        List<Line> lines = new ArrayList<>();
        for (JsonNode stream : streams.path("result")) {
            Map<String, String> fields = new TreeMap<>();
            stream.path("stream")
                    .properties()
                    .forEach(
                            field -> fields.put(field.getKey(), field.getValue().asString()));
            for (JsonNode value : stream.path("values")) {
                lines.add(new Line(value.path(1).asString(), fields));
            }
        }
        return lines;
    }

    public List<Line> lines(String query) {
        return lines(query, Duration.ofHours(1));
    }

    /** The values of a query that counts, over the last hour. */
    public List<Double> values(String query) {
        List<Double> values = new ArrayList<>();
        get("/loki/api/v1/query?query=" + encoded(query))
                .path("result")
                .forEach(series -> values.add(
                        Double.parseDouble(series.path("value").path(1).asString())));
        return values;
    }

    /** How many lines of the last hour Loki counts. */
    long count(String query) {
        JsonNode result = get("/loki/api/v1/query?query=" + encoded("sum(count_over_time(" + query + "[1h]))"))
                .path("result");
        return result.isEmpty()
                ? 0
                : Long.parseLong(result.path(0).path("value").path(1).asString());
    }

    /** The label names of all streams of the last hour. */
    List<String> labelNames() {
        List<String> names = new ArrayList<>();
        for (JsonNode name : get("/loki/api/v1/labels")) {
            names.add(name.asString());
        }
        return names;
    }

    /** @return what Loki has against the query, or nothing */
    public String complaint(String logQl) {
        HttpResponse<String> answer =
                send(HttpRequest.newBuilder(uri("/loki/api/v1/format_query?query=" + encoded(logQl)))
                        .build());
        return answer.statusCode() == 200 ? "" : answer.body();
    }

    private JsonNode get(String path) {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(uri(path)).build());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(path + ": " + answer.body());
        }
        return JSON.readTree(answer.body()).path("data");
    }

    /** Its base; another one after every start. */
    public String url() {
        return "http://127.0.0.1:" + container.port(3100);
    }

    private URI uri(String path) {
        return URI.create(url() + path);
    }

    private static String encoded(String query) {
        return URLEncoder.encode(query, StandardCharsets.UTF_8);
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (ConnectException e) {
            throw new UncheckedIOException("Loki is not there", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        container.close();
    }
}
