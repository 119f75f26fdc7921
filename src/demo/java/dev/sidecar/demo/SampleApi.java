package dev.sidecar.demo;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
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
import java.util.Map;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** The sample API as a process of its own, on a random port of the loopback. */
final class SampleApi implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final ChildProcess process;
    private final int port;

    private SampleApi(ChildProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * @param environment its settings: SPRING_DATASOURCE_URL and so on
     * @param onLine receives its log
     */
    static SampleApi start(Map<String, String> environment, Consumer<String> onLine) {
        SampleApi api = launch(environment, onLine);
        api.awaitReady();
        return api;
    }

    /** The same without waiting for it. */
    static SampleApi launch(Map<String, String> environment, Consumer<String> onLine) {
        int port = FreePort.get();
        Map<String, String> settings = new HashMap<>(environment);
        settings.put("SERVER_PORT", Integer.toString(port));
        settings.put("SERVER_ADDRESS", "127.0.0.1");
        ChildProcess process = ChildProcess.start(
                "the sample API",
                UnixUser.same(),
                settings,
                onLine,
                ChildProcess.guardedJar(
                        Path.of(System.getProperty("java.io.tmpdir"), "sample-api-" + port),
                        jar(),
                        "-Xmx96m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1"));
        return new SampleApi(process, port);
    }

    private static Path jar() {
        Path jar = Path.of("sample-api", "target", "sample-api.jar").toAbsolutePath();
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(
                    jar + " is missing. Build it with \"mvn -f sample-api/pom.xml package\"; ./run and ./test do so.");
        }
        return jar;
    }

    void awaitReady() {
        try {
            Awaitility.await("the sample API is healthy")
                    .atMost(Duration.ofMinutes(4))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        process.requireAlive();
                        return isHealthy();
                    });
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private boolean isHealthy() throws InterruptedException {
        try {
            HttpRequest health = HttpRequest.newBuilder(URI.create(url() + "/actuator/health"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return HTTP.send(health, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.close();
    }
}
