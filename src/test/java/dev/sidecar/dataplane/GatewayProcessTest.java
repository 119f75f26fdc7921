package dev.sidecar.dataplane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.SidecarApplication;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.GatewayJar;
import dev.sidecar.support.SidecarJvm;
import dev.sidecar.support.TraceReceiver;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway as a process of its own, beside a control plane that is killed, and without one. */
class GatewayProcessTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String TOKEN = "token-of-the-gateway";
    private static final int CLIENTS = 4;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ChildProcess> started = new ArrayList<>();
    private final int port = FreePort.get();
    private final int metricsPort = FreePort.get();
    private final List<String> output = new CopyOnWriteArrayList<>();
    private HttpServer api;

    @TempDir
    private Path folder;

    @BeforeEach
    void startTheApi() throws IOException {
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.setExecutor(Executors.newFixedThreadPool(CLIENTS));
        api.createContext("/", exchange -> {
            byte[] answer = "ok".getBytes(UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        api.start();
    }

    @AfterEach
    void stop() {
        started.forEach(ChildProcess::close);
        ((ExecutorService) api.getExecutor()).shutdownNow();
        api.stop(0);
    }

    @Test
    void killingTheControlPlaneUnderLoadCostsNoRequest() throws Exception {
        ChildProcess gateway = startGateway();
        int control = FreePort.get();
        ChildProcess sidecar = startControlPlane(control);
        AtomicInteger served = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        for (int i = 0; i < CLIENTS; i++) {
            clients.execute(() -> drive(over, served, failed));
        }
        awaitMore(served, 500);

        ProcessHandle.of(sidecar.pid()).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE).until(() -> !sidecar.isAlive());
        awaitMore(served, 2000);
        started.remove(sidecar);
        startControlPlane(control);
        awaitMore(served, 500);
        over.set(true);
        clients.shutdown();

        gateway.requireAlive();
        assertThat(failed).hasValue(0);
        assertThat(get(metricsPort, "/actuator/prometheus", TOKEN).body())
                .containsPattern("sidecar_gateway_requests_seconds_count\\{.*status=\"2xx\".*} [1-9]");
    }

    @Test
    void itStartsAndIsMeasuredWithoutAControlPlane() throws Exception {
        startGateway();

        assertThat(get(port, "/", "").body()).isEqualTo("ok");
        assertThat(get(metricsPort, "/actuator/health/readiness", "").statusCode())
                .isEqualTo(200);
        assertThat(get(metricsPort, "/actuator/prometheus", "").statusCode()).isEqualTo(401);
        assertThat(get(metricsPort, "/actuator/prometheus", "wrong").statusCode())
                .isEqualTo(401);
        assertThat(get(metricsPort, "/actuator/env", TOKEN).statusCode()).isEqualTo(404);
        assertThat(get(metricsPort, "/actuator/prometheus", TOKEN).body())
                .contains(
                        "sidecar_gateway_failures_total{reason=\"refused\"",
                        "sidecar_log_lines_total{",
                        "sidecar_process_resident_bytes",
                        "process_cpu_time_ns_total",
                        "jvm_memory_used_bytes{")
                .doesNotContain("sidecar_proof_", "sidecar_control_", "sidecar_access_", "sidecar_job_");
    }

    @Test
    void aSlowBucketLeadsToATrace() throws Exception {
        startGateway("-Dsidecar.gateway.tracing.sampling=1");

        assertThat(get(port, "/", "").body()).isEqualTo("ok");

        HttpRequest scrape = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + metricsPort + "/actuator/prometheus"))
                .header("Authorization", "Bearer " + TOKEN)
                .header("Accept", "application/openmetrics-text;version=1.0.0")
                .build();
        // A request is counted when its client has the answer already.
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(http.send(scrape, BodyHandlers.ofString())
                                        .body())
                                .containsPattern(
                                        "sidecar_gateway_requests_seconds_bucket\\{.*# \\{span_id=\"[0-9a-f]{16}\",trace_id=\"[0-9a-f]{32}\"}"));
    }

    @Test
    void itLoadsNothingOfTheControlPlane() throws Exception {
        ChildProcess gateway = startGateway("-Xlog:class+load");

        assertThat(get(port, "/", "").body()).isEqualTo("ok");
        assertThat(output)
                .isNotEmpty()
                .noneMatch(
                        line -> line.matches(
                                ".*(software\\.amazon|org\\.apache\\.catalina\\.(startup|connector)|org\\.thymeleaf|jakarta\\.mail|org\\.springframework\\.security|org\\.postgresql|dev\\.sidecar\\.(backup|console|proofs|access|alerts|notices|jobs|postgres|sets|stores|prometheus|grafana)\\.).*"));
        gateway.requireAlive();
    }

    /** What each part of the role uses is used here: a library that the image's jar lacks shows. */
    @Test
    void theImagesJarHasTheLibrariesOfAllThatItDoes() throws Exception {
        try (TraceReceiver traces = new TraceReceiver()) {
            HttpServer loki = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            AtomicInteger pushes = new AtomicInteger();
            loki.createContext("/", exchange -> {
                exchange.getRequestBody().readAllBytes();
                pushes.incrementAndGet();
                exchange.sendResponseHeaders(204, -1);
                exchange.close();
            });
            loki.start();
            List<String> command = GatewayJar.command(
                    folder,
                    "-Dsidecar.gateway.tracing.sampling=1",
                    "-Dsidecar.gateway.tracing.endpoint=" + traces.endpoint(),
                    "-Dsidecar.logs.loki-url=http://127.0.0.1:"
                            + loki.getAddress().getPort());
            ChildProcess gateway = startGateway(command);

            assertThat(get(port, "/", "").body()).isEqualTo("ok");
            assertThat(get(metricsPort, "/actuator/prometheus", TOKEN).body())
                    .contains("sidecar_gateway_requests_seconds");
            await("a span").atMost(PATIENCE).until(() -> !traces.spans.isEmpty());
            await("lines at Loki").atMost(PATIENCE).until(() -> pushes.get() > 0);
            api.stop(0);
            assertThat(get(port, "/", "").statusCode()).isEqualTo(502);
            assertThat(output).noneMatch(line -> line.contains("NoClassDefFound") || line.contains("ClassNotFound"));
            gateway.requireAlive();
            loki.stop(0);
        }
    }

    @Test
    void theControlPlaneStartsNoGatewayWhenOneIsElsewhere() throws Exception {
        int control = FreePort.get();
        startControlPlane(control);

        assertThat(get(control, "/actuator/health/readiness", "").statusCode()).isEqualTo(200);
        assertThatThrownBy(() -> get(port, "/", "")).isInstanceOf(IOException.class);
    }

    @Test
    void withoutAnApiItSaysWhatToSet() {
        ChildProcess refused = start("gateway", List.of("gateway"));

        assertThat(refused.waitFor(PATIENCE)).isEqualTo(1);
        assertThat(refused.lastLines())
                .contains("Setting sidecar.gateway.upstream is ''.", "be set: the address of your API")
                .doesNotContain("\tat ");
    }

    private void drive(AtomicBoolean over, AtomicInteger served, AtomicInteger failed) {
        while (!over.get()) {
            try {
                boolean right = get(port, "/", "").statusCode() == 200;
                (right ? served : failed).incrementAndGet();
            } catch (IOException e) {
                failed.incrementAndGet();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static void awaitMore(AtomicInteger served, int more) {
        int wanted = served.get() + more;
        await("requests served").atMost(PATIENCE).until(() -> served.get() >= wanted);
    }

    private ChildProcess startGateway(String... options) {
        return startGateway(SidecarJvm.command(SidecarApplication.class, options));
    }

    private ChildProcess startGateway(List<String> command) {
        ChildProcess gateway = start(
                "gateway",
                command,
                List.of(
                        "gateway",
                        "--sidecar.gateway.upstream=http://127.0.0.1:"
                                + api.getAddress().getPort()));
        await("gateway").atMost(PATIENCE).ignoreExceptions().until(() -> {
            gateway.requireAlive();
            return get(metricsPort, "/actuator/health", "").statusCode() == 200;
        });
        return gateway;
    }

    private ChildProcess startControlPlane(int control) {
        ChildProcess sidecar = start(
                "sidecar",
                List.of(
                        "--server.port=" + control,
                        "--sidecar.access.directory=" + folder.resolve("access"),
                        "--sidecar.gateway.upstream=http://127.0.0.1:"
                                + api.getAddress().getPort(),
                        "--sidecar.gateway.url=http://127.0.0.1:" + port));
        await("sidecar").atMost(PATIENCE).ignoreExceptions().until(() -> {
            sidecar.requireAlive();
            return get(control, "/actuator/health/readiness", "").statusCode() == 200;
        });
        return sidecar;
    }

    private ChildProcess start(String name, List<String> arguments) {
        return start(name, SidecarJvm.command(SidecarApplication.class), arguments);
    }

    private ChildProcess start(String name, List<String> command, List<String> arguments) {
        command.addAll(arguments);
        ChildProcess process = ChildProcess.start(
                name,
                UnixUser.same(),
                Map.of(
                        "SIDECAR_GATEWAY_PORT", Integer.toString(port),
                        "SIDECAR_GATEWAY_METRICSPORT", Integer.toString(metricsPort),
                        "SIDECAR_GATEWAY_METRICSTOKEN", TOKEN),
                output::add,
                command);
        started.add(process);
        return process;
    }

    private HttpResponse<String> get(int at, String path, String token) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at + path))
                .timeout(Duration.ofSeconds(20));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }
}
