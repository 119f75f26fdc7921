package dev.sidecar.duty;

import static org.awaitility.Awaitility.await;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.SidecarJvm;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A sidecar in a JVM of its own. */
final class OneOfSeveral implements AutoCloseable {

    static final String PASSWORD = "a password of the test";
    static final String WEBHOOK_TOKEN = "a-token-for-the-hooks";
    private static final String METRICS_TOKEN = "a-token-for-the-metrics";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    final String name;
    final int port = FreePort.get();
    final List<String> output = new CopyOnWriteArrayList<>();
    private final ChildProcess process;

    /** @param skew how far its clock is ahead; @param settings shared with the others */
    OneOfSeveral(String name, Duration skew, Path directory, Map<String, Object> settings) {
        this.name = name;
        List<String> command = SidecarJvm.command(SkewedSidecar.class, "-Xmx256m", "-XX:+UseSerialGC");
        command.addAll(List.of(
                skew.toString(),
                "--server.port=" + port,
                "--sidecar.duty.name=" + name,
                "--sidecar.access.directory=" + directory,
                "--sidecar.access.admin-password=" + PASSWORD,
                "--sidecar.access.webhook-token=" + WEBHOOK_TOKEN,
                "--sidecar.access.metrics-token=" + METRICS_TOKEN));
        settings.forEach((setting, value) -> command.add("--" + setting + "=" + value));
        process = ChildProcess.start(name, UnixUser.same(), Map.of(), output::add, command);
    }

    OneOfSeveral started() {
        await("sidecar")
                .atMost(PATIENCE)
                .failFast(process::requireAlive)
                .ignoreExceptions()
                .until(() -> get("/actuator/health/readiness").statusCode() == 200);
        return this;
    }

    boolean isOnDuty() {
        try {
            return get("/actuator/health/duty").statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The sum of the values of all series of a metric that have these labels. */
    double metric(String name, String... labels) {
        try {
            HttpRequest request = request("/actuator/prometheus")
                    .header("Authorization", "Bearer " + METRICS_TOKEN)
                    .build();
            return HTTP.send(request, BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                    .filter(line -> List.of(labels).stream().allMatch(line::contains))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    double runs(String job, String outcome) {
        return metric("sidecar_job_runs_total", "job_name=\"" + job + "\"", "outcome=\"" + outcome + "\"");
    }

    HttpResponse<String> asAdmin(String path) throws IOException, InterruptedException {
        String login = Base64.getEncoder().encodeToString(("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        return HTTP.send(request(path).header("Authorization", "Basic " + login).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HTTP.send(request(path).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20));
    }

    /** As kill -9 does, or the end of its machine. */
    void kill() {
        ProcessHandle.of(process.pid()).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE).until(() -> !process.isAlive());
    }

    /** As a deploy does. */
    @Override
    public void close() {
        process.close();
    }
}
