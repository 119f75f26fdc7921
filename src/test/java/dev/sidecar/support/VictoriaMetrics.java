package dev.sidecar.support;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** A real VictoriaMetrics on a free port: a store elsewhere that Prometheus writes to. */
public final class VictoriaMetrics implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final URI address;
    private final ChildProcess process;

    private VictoriaMetrics(URI address, ChildProcess process) {
        this.address = address;
        this.process = process;
    }

    /** @param folder where it keeps its data, which does not exist yet */
    public static VictoriaMetrics start(Path folder) {
        String listen = "127.0.0.1:" + FreePort.get();
        ChildProcess process = ChildProcess.start(
                "victoria-metrics",
                UnixUser.same(),
                Map.of(),
                line -> {},
                List.of(
                        Programs.find("victoria-metrics").toString(),
                        "-storageDataPath=" + folder,
                        "-httpListenAddr=" + listen,
                        "-memory.allowedBytes=64MB",
                        // It shows a sample after half a minute otherwise.
                        "-search.latencyOffset=1s",
                        "-loggerLevel=WARN"));
        VictoriaMetrics server = new VictoriaMetrics(URI.create("http://" + listen), process);
        Awaitility.await("VictoriaMetrics").atMost(Duration.ofMinutes(2)).until(server::isReady);
        return server;
    }

    public URI address() {
        return address;
    }

    private boolean isReady() {
        process.requireAlive();
        try {
            return HTTP.send(HttpRequest.newBuilder(address.resolve("/health")).build(), BodyHandlers.discarding())
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
