package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is scraped or probed was taken over, and answers the real Prometheus and blackbox exporter. They are on networks on which it is
 * not, with programs that have no login and end themselves, or forget what they hold, when they are asked by GET.
 */
class HostileTargetsTest {

    private static final Map<String, String> TARGETS = Map.of(
            "sidecar", "SIDECAR_TARGET",
            "gateway", "GATEWAY_TARGET",
            "api", "API_METRICS_TARGET",
            "postgres", "POSTGRES_EXPORTER_TARGET",
            "redis", "REDIS_EXPORTER_TARGET",
            "nginx", "NGINX_EXPORTER_TARGET",
            "node", "NODE_EXPORTER_TARGET",
            "blackbox", "BLACKBOX_EXPORTER_TARGET");

    /** The login that each target was asked with; empty for none. */
    private static final Map<String, String> LOGINS = new ConcurrentHashMap<>();

    private static final Map<String, Integer> ASKED = new ConcurrentHashMap<>();

    /** Who asked the program that nobody asks, and with which login. */
    private static final Queue<String> SENT_ON = new ConcurrentLinkedQueue<>();

    private static final List<HttpServer> SERVERS = new ArrayList<>();
    private static final List<ChildProcess> PROCESSES = new ArrayList<>();
    private static int loki;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        loki = serve(exchange -> {
            SENT_ON.add(exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().get("Authorization"));
            exchange.sendResponseHeaders(200, -1);
        });
        Map<String, String> settings = new HashMap<>();
        for (Map.Entry<String, String> target : TARGETS.entrySet()) {
            settings.put(target.getValue(), "127.0.0.1:" + redirecting(target.getKey()));
        }
        Path config = RenderedConfig.prometheus(folder, settings);
        Files.writeString(folder.resolve("secrets/gateway_metrics_token"), "token-of-the-gateway");
        Files.writeString(
                folder.resolve("targets/blackbox-edge.json"),
                "[{\"targets\": [\"http://127.0.0.1:1/\"], \"labels\": {\"module\": \"http_2xx\"}}]");
        Files.writeString(
                folder.resolve("targets/extra.json"),
                "[{\"targets\": [\"127.0.0.1:%d\"]}]".formatted(redirecting("extra")));
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("_interval: 15s", "_interval: 1s")
                        .replace("_timeout: 10s", "_timeout: 1s")
                        .replace("scrape_timeout: 14s", "scrape_timeout: 1s"));
        run(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + FreePort.get());
    }

    private static int redirecting(String target) throws IOException {
        return serve(exchange -> {
            List<String> login = exchange.getRequestHeaders().getOrDefault("Authorization", List.of(""));
            LOGINS.put(target, login.get(0));
            ASKED.merge(target, 1, Integer::sum);
            exchange.getResponseHeaders()
                    .add("Location", "http://localhost:" + loki + "/ingester/shutdown?terminate=true&by=" + target);
            exchange.sendResponseHeaders(302, -1);
        });
    }

    private static int serve(com.sun.net.httpserver.HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> {
            handler.handle(exchange);
            exchange.close();
        });
        server.start();
        SERVERS.add(server);
        return server.getAddress().getPort();
    }

    private static void run(String program, String... options) {
        List<String> command = new ArrayList<>(List.of(Programs.find(program).toString()));
        command.addAll(List.of(options));
        PROCESSES.add(ChildProcess.start(program, UnixUser.same(), Map.of(), line -> {}, command));
    }

    @AfterAll
    static void stop() {
        PROCESSES.forEach(ChildProcess::close);
        SERVERS.forEach(server -> {
            server.stop(0);
            ((java.util.concurrent.ExecutorService) server.getExecutor()).shutdownNow();
        });
    }

    /** A redirect is followed within the same scrape, so one that was followed is seen by the time of the next. */
    private static void allWereAskedTwice() {
        Set<String> targets = new HashSet<>(TARGETS.keySet());
        targets.add("extra");
        Awaitility.await()
                .atMost(Duration.ofMinutes(3))
                .until(() -> targets.stream().allMatch(target -> ASKED.getOrDefault(target, 0) > 1));
    }

    @Test
    void noTargetSendsPrometheusToAnotherProgram() {
        allWereAskedTwice();

        assertThat(SENT_ON).isEmpty();
    }

    /** An exporter reads the password that it is asked with. */
    @Test
    void whatATargetIsAskedWithOpensNoOther() {
        allWereAskedTwice();

        assertThat(LOGINS.get("api")).isEmpty();
        assertThat(LOGINS.get("extra")).isEmpty();
        assertThat(LOGINS.values())
                .filteredOn(login -> !login.isEmpty())
                .hasSize(6)
                .doesNotHaveDuplicates();
    }

    @Test
    void noProbedEndpointSendsTheExporterOfProbesToAnotherProgram() throws Exception {
        int exporter = FreePort.get();
        run(
                "blackbox_exporter",
                "--config.file=" + Path.of("prometheus/blackbox.yml").toAbsolutePath(),
                "--web.listen-address=127.0.0.1:" + exporter);
        int edge = redirecting("edge");

        String probe =
                "http://127.0.0.1:%d/probe?module=http_2xx&target=http://127.0.0.1:%d/".formatted(exporter, edge);
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(new String(
                                java.net.URI.create(probe).toURL().openStream().readAllBytes(),
                                java.nio.charset.StandardCharsets.UTF_8))
                        .contains("probe_http_status_code 302\n")
                        .contains("probe_success 1\n"));
        assertThat(SENT_ON).noneMatch(sent -> sent.contains("by=edge"));
    }
}
