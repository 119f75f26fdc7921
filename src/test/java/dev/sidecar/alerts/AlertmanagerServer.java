package dev.sidecar.alerts;

import dev.sidecar.peers.Peer;
import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import tools.jackson.databind.json.JsonMapper;

/** A real Alertmanager with the committed configuration, rendered as the preflight does and hurried. */
public final class AlertmanagerServer implements AutoCloseable {

    static final String EXTERNAL_URL = "https://alertmanager.example.org";

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final URI address;
    private final ChildProcess process;
    private final List<String> output;

    private AlertmanagerServer(URI address, ChildProcess process, List<String> output) {
        this.address = address;
        this.process = process;
        this.output = output;
    }

    public static AlertmanagerServer start(Path directory, Map<String, String> settings, int factor)
            throws IOException {
        return start(directory, settings, factor, UnaryOperator.identity(), EXTERNAL_URL);
    }

    /** For tests of other rooms, which do not make one themselves. */
    public static Alertmanager asked(URI address) {
        return new Alertmanager(
                new Peer("Alertmanager", "sidecar.alerts.alertmanager-url", address, Duration.ofSeconds(10)));
    }

    /** @param change what a test changes in the rendered configuration, because no setting leads to it */
    static AlertmanagerServer start(
            Path directory, Map<String, String> settings, int factor, UnaryOperator<String> change, String externalUrl)
            throws IOException {
        Path config = RenderedConfig.alertmanager(directory, settings);
        Files.writeString(config, change.apply(Files.readString(config)));
        Hurried.alertmanager(config, factor);
        int port = FreePort.get();
        List<String> output = new CopyOnWriteArrayList<>();
        ChildProcess process = ChildProcess.start(
                "alertmanager",
                UnixUser.same(),
                Map.of(),
                output::add,
                List.of(
                        Programs.find("alertmanager").toString(),
                        "--config.file=" + config,
                        "--storage.path=" + directory.resolve("alertmanager-data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--web.external-url=" + externalUrl,
                        "--web.route-prefix=/",
                        "--cluster.listen-address=",
                        "--log.level=debug",
                        "--enable-feature=event-recorder,utf8-strict-mode,receiver-name-in-metrics"));
        AlertmanagerServer server = new AlertmanagerServer(URI.create("http://127.0.0.1:" + port), process, output);
        Awaitility.await("Alertmanager").atMost(Duration.ofMinutes(2)).until(server::isReady);
        return server;
    }

    public String hostAndPort() {
        return address.getAuthority();
    }

    /** Everything it wrote, at the most talkative level. */
    List<String> output() {
        return output;
    }

    /** Asks for what it serves to whoever may see its page. */
    String status() {
        return send(HttpRequest.newBuilder(address.resolve("/api/v2/status"))).body();
    }

    /**
     * The sum of a counter of its own.
     *
     * @param labels what every series counted has, such as {@code integration="slack"}
     */
    double counted(String metric, String... labels) {
        return send(HttpRequest.newBuilder(address.resolve("/metrics")))
                .body()
                .lines()
                .filter(line ->
                        line.startsWith(metric + "{") && Stream.of(labels).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    int reload() {
        return send(HttpRequest.newBuilder(address.resolve("/-/reload")).POST(HttpRequest.BodyPublishers.noBody()))
                .statusCode();
    }

    /** Tells it of an alert that began now, as Prometheus would. */
    void fire(Map<String, String> labels, Map<String, String> annotations) {
        post(Map.of("labels", labels, "annotations", annotations, "startsAt", "2026-01-02T03:04:05Z"));
    }

    void resolve(Map<String, String> labels, Map<String, String> annotations) {
        post(Map.of(
                "labels",
                labels,
                "annotations",
                annotations,
                "startsAt",
                "2026-01-02T03:04:05Z",
                "endsAt",
                "2026-01-02T03:34:05Z"));
    }

    private void post(Map<String, Object> alert) {
        fire(List.of(alert));
    }

    /** Tells it of several alerts at once. */
    void fire(List<?> alerts) {
        HttpResponse<String> response = send(HttpRequest.newBuilder(address.resolve("/api/v2/alerts"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(alerts))));
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.statusCode() + " " + response.body());
        }
    }

    private boolean isReady() {
        process.requireAlive();
        try {
            return send(HttpRequest.newBuilder(address.resolve("/-/ready"))).statusCode() == 200;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
