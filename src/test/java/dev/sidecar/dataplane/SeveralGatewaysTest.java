package dev.sidecar.dataplane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.SidecarApplication;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.ShippedNginx;
import dev.sidecar.support.SidecarJvm;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three gateways, each a process of its own, behind the stack's nginx and under load. */
class SeveralGatewaysTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CLIENTS = 8;
    private static final int GATEWAYS = 3;
    private static final long API_TAKES_MS = 5;
    /** The edge's limits for one client are not what is tested. */
    private static final Map<String, String> NO_LIMITS =
            Map.of("no-limits.conf", "limit_req zone=nobodys_requests;\nlimit_conn nobodys_connections 1;\n");

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Integer> ports = new ArrayList<>();
    private final List<ChildProcess> gateways = new ArrayList<>();
    private final Set<String> orders = ConcurrentHashMap.newKeySet();
    private final List<String> doubled = new CopyOnWriteArrayList<>();
    private final List<String> lostGets = new CopyOnWriteArrayList<>();
    private final List<String> lostPosts = new CopyOnWriteArrayList<>();
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    private HttpServer api;
    private ShippedNginx nginx;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.setExecutor(Executors.newFixedThreadPool(CLIENTS * 2));
        api.createContext("/", exchange -> {
            String order = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            if (!order.isEmpty() && !orders.add(order)) {
                doubled.add(order);
            }
            sleep();
            byte[] answer = "ok".getBytes(UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        api.start();
        for (int i = 0; i < GATEWAYS; i++) {
            ports.add(FreePort.get());
            gateways.add(startGateway(ports.get(i)));
        }
        ports.forEach(this::awaitGateway);
        nginx = new ShippedNginx(folder, ports, NO_LIMITS);
        for (int i = 0; i < CLIENTS; i++) {
            int client = i;
            clients.execute(() -> drive(client));
        }
        awaitMore(500);
    }

    /** Takes as long as a small answer of a real service. */
    private static void sleep() {
        try {
            TimeUnit.MILLISECONDS.sleep(API_TAKES_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() {
        over.set(true);
        clients.shutdown();
        if (nginx != null) {
            nginx.close();
        }
        gateways.forEach(ChildProcess::close);
        ((ExecutorService) api.getExecutor()).shutdownNow();
        api.stop(0);
    }

    @Test
    void aDeployOfEachInTurnLosesNoRequest() throws Exception {
        for (int i = 0; i < GATEWAYS; i++) {
            String server = "server 127.0.0.1:" + ports.get(i) + " max_fails=0;";
            String out = server.replace(";", " down;");
            nginx.replace(server, out);
            awaitMore(200);
            replace(i);
            nginx.replace(out, server);
            awaitMore(200);
        }
        awaitEnd();

        assertThat(lostGets).isEmpty();
        assertThat(lostPosts).isEmpty();
        assertThat(doubled).isEmpty();
    }

    @Test
    void oneThatIsStoppedWhileTheBalancerStillUsesItLosesNoRead() throws Exception {
        for (int i = 0; i < GATEWAYS; i++) {
            replace(i);
        }
        awaitEnd();

        assertThat(lostGets).isEmpty();
        // What nginx sent in the moment in which it stopped to listen may be lost, one for each client at most.
        assertThat(lostPosts).hasSizeLessThanOrEqualTo(GATEWAYS * CLIENTS);
        assertThat(doubled).isEmpty();
    }

    private void replace(int number) {
        ChildProcess old = gateways.get(number);
        ProcessHandle.of(old.pid()).orElseThrow().destroy();
        await("it drains").atMost(PATIENCE).until(() -> !old.isAlive());
        awaitMore(200);
        gateways.set(number, startGateway(ports.get(number)));
        awaitGateway(ports.get(number));
        awaitMore(200);
    }

    @Test
    void killingOneLosesAtMostWhatItWasAnsweringAndTheChangesThatItHad() throws Exception {
        ChildProcess killed = gateways.get(0);
        ProcessHandle.of(killed.pid()).orElseThrow().destroyForcibly();
        await().atMost(PATIENCE).until(() -> !killed.isAlive());
        awaitMore(2000);
        awaitEnd();

        // nginx asks another one for what may be asked twice, unless its answer had begun. It must not ask twice for a
        // change that
        // may have been made.
        assertThat(lostGets).noneMatch(lost -> lost.contains(" 502 "));
        assertThat(lostGets.size() + lostPosts.size()).isLessThanOrEqualTo(CLIENTS);
        assertThat(doubled).isEmpty();
    }

    /** Reads and changes in turn, each change with a number of its own. */
    private void drive(int client) {
        for (int i = 0; !over.get(); i++) {
            boolean change = i % 2 == 1;
            String number = client + "-" + i;
            try {
                String answer = ask(change ? number : "");
                if (answer.startsWith("HTTP/1.1 200") && answer.endsWith("ok")) {
                    served.incrementAndGet();
                } else {
                    (change ? lostPosts : lostGets)
                            .add(number + ": " + answer.lines().findFirst().orElse(""));
                }
            } catch (IOException e) {
                (change ? lostPosts : lostGets).add(number + ": " + e);
            }
        }
    }

    /** A connection for each request: a client that reuses one has races of its own. */
    private String ask(String body) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), nginx.port())) {
            socket.setSoTimeout(30_000);
            String request = "%s / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                    .formatted(body.isEmpty() ? "GET" : "POST", body.length(), body);
            socket.getOutputStream().write(request.getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private void awaitMore(int more) {
        int wanted = served.get() + more;
        await("requests served").atMost(PATIENCE).until(() -> served.get() >= wanted);
    }

    private void awaitEnd() throws InterruptedException {
        over.set(true);
        clients.shutdown();
        assertThat(clients.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
    }

    private void awaitGateway(int port) {
        await("gateway")
                .atMost(PATIENCE)
                .failFast(() -> gateways.forEach(ChildProcess::requireAlive))
                .ignoreExceptions()
                .until(() -> {
                    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                            .build();
                    return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
                });
    }

    private ChildProcess startGateway(int port) {
        List<String> command = SidecarJvm.command(SidecarApplication.class, "-Xmx128m");
        command.addAll(List.of(
                "gateway",
                "--sidecar.gateway.port=" + port,
                "--sidecar.gateway.metrics-port=0",
                "--sidecar.gateway.trusted-proxies=127.0.0.1/32",
                "--sidecar.gateway.upstream=http://127.0.0.1:"
                        + api.getAddress().getPort()));
        return ChildProcess.start("gateway", UnixUser.same(), Map.of(), line -> {}, command);
    }
}
