package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Five minutes of clients that go away in the middle and of an API that restarts: nothing is left over, nobody else notices. */
@Tag("soak")
class SoakTest {

    private static final Duration LENGTH = Duration.ofMinutes(5);
    private static final Duration BETWEEN_RESTARTS = Duration.ofSeconds(20);
    private static final Duration RESTART = Duration.ofSeconds(1);

    /** Requests that were under way when the API went, and the first after it came back. */
    private static final Duration AROUND = Duration.ofSeconds(2);

    private static final byte[] LARGE = new byte[1 << 20];

    private record Restart(Instant gone, Instant back) {
        boolean explains(Instant begun, Instant ended) {
            return begun.isBefore(back.plus(AROUND)) && ended.isAfter(gone.minus(AROUND));
        }
    }

    private record Failed(Instant begun, Instant ended, String what) {}

    private final int upstreamPort = FreePort.get();
    private final ExecutorService upstreamThreads = Executors.newCachedThreadPool();
    private final List<Restart> restarts = new CopyOnWriteArrayList<>();
    private final List<Failed> failures = new CopyOnWriteArrayList<>();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong brokenOff = new AtomicLong();

    /** The gateway has a JVM of its own with 32 MB of heap and 32 MB outside of it: what leaks ends it. */
    @Test
    void abortsAndRestartsLeaveNothingBehindAndHurtNobodyElse() throws Exception {
        BlockingQueue<String> ports = new LinkedBlockingQueue<>();
        try (ChildProcess gateway = StreamingTest.smallJvm(upstreamPort, ports::add)) {
            int port = Integer.parseInt(Objects.requireNonNull(ports.poll(2, TimeUnit.MINUTES)));
            work(port, Duration.ofSeconds(25));
            long descriptors = descriptors(gateway);

            work(port, LENGTH);

            assertThat(answered.get()).as("requests answered").isGreaterThan(1_000);
            assertThat(brokenOff.get()).as("requests broken off").isGreaterThan(1_000);
            assertThat(restarts).as("restarts").hasSizeGreaterThan(10);
            assertThat(failures)
                    .as("failures away from a restart")
                    .filteredOn(failure ->
                            restarts.stream().noneMatch(restart -> restart.explains(failure.begun(), failure.ended())))
                    .isEmpty();
            gateway.requireAlive();
            await("sockets are closed again")
                    .atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(descriptors(gateway)).isLessThanOrEqualTo(descriptors + 10));
        } finally {
            upstreamThreads.shutdownNow();
        }
    }

    private void work(int port, Duration length) throws Exception {
        Instant end = Instant.now().plus(length);
        ExecutorService clients = Executors.newCachedThreadPool();
        HttpServer api = api();
        try {
            for (int i = 0; i < 4; i++) {
                clients.execute(() -> askUntil(end, port));
            }
            clients.execute(() -> breakOffUntil(end, port, SoakTest::breakOffTheRequest));
            clients.execute(() -> breakOffUntil(end, port, SoakTest::breakOffTheAnswer));
            while (Instant.now().plus(BETWEEN_RESTARTS).isBefore(end)) {
                pass(BETWEEN_RESTARTS);
                Instant gone = Instant.now();
                api.stop(0);
                pass(RESTART);
                api = api();
                restarts.add(new Restart(gone, Instant.now()));
            }
            clients.shutdown();
            assertThat(clients.awaitTermination(2, TimeUnit.MINUTES)).isTrue();
            api.stop(0);
        } finally {
            clients.shutdownNow();
        }
    }

    private static void pass(Duration time) {
        Instant until = Instant.now().plus(time);
        await().atMost(time.plusSeconds(30)).until(() -> !Instant.now().isBefore(until));
    }

    private HttpServer api() throws IOException {
        HttpServer[] made = new HttpServer[1];
        await("the port is free again").atMost(Duration.ofSeconds(30)).until(() -> {
            try {
                made[0] = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), upstreamPort), 100);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
        HttpServer server = Objects.requireNonNull(made[0]);
        server.setExecutor(upstreamThreads);
        server.createContext("/", SoakTest::answer);
        server.start();
        return server;
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            byte[] answer = exchange.getRequestURI().getPath().equals("/large") ? LARGE : body;
            exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private void askUntil(Instant end, int port) {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        URI address = URI.create("http://127.0.0.1:" + port + "/echo");
        for (int i = 0; Instant.now().isBefore(end); i++) {
            String said = "request " + i;
            Instant begun = Instant.now();
            try {
                HttpResponse<String> answer = client.send(
                        HttpRequest.newBuilder(address)
                                .timeout(Duration.ofSeconds(30))
                                .PUT(HttpRequest.BodyPublishers.ofString(said))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200 && answer.body().equals(said)) {
                    answered.incrementAndGet();
                } else {
                    failures.add(new Failed(begun, Instant.now(), answer.statusCode() + " " + answer.body()));
                }
            } catch (IOException e) {
                failures.add(new Failed(begun, Instant.now(), e.toString()));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private interface Abort {
        void on(RawConnection connection);
    }

    private void breakOffUntil(Instant end, int port, Abort abort) {
        while (Instant.now().isBefore(end)) {
            try (RawConnection connection = RawConnection.to(port)) {
                abort.on(connection);
                brokenOff.incrementAndGet();
            } catch (UncheckedIOException e) {
                // The gateway may end it first while the API is away.
            }
        }
    }

    private static void breakOffTheRequest(RawConnection connection) {
        connection.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nthe beginning of it");
    }

    private static void breakOffTheAnswer(RawConnection connection) {
        connection.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").read();
    }

    private static long descriptors(ChildProcess process) {
        return Objects.requireNonNull(new File("/proc/" + process.pid() + "/fd").list()).length;
    }
}
