package dev.sidecar.gateway;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Bodies far larger than the memory pass, and neither side can send faster than the other reads. */
class StreamingTest {

    private static final long TWO_GIGABYTES = 2L << 30;
    private static final long LARGE = 1L << 20;
    private static final byte[] BLOCK = block();

    /** The gateway in a JVM of its own with 32 MB of heap and 32 MB outside of it. */
    @Test
    void twoGigabytesPassUpAndDown() throws Exception {
        AtomicLong received = new AtomicLong();
        try (var upstream = new RawUpstream((connection, number) -> {
            connection.head();
            received.set(drain(connection.in(), TWO_GIGABYTES));
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + TWO_GIGABYTES + "\r\n\r\n");
            pour(connection.out(), TWO_GIGABYTES);
            connection.read();
        })) {
            BlockingQueue<String> lines = new LinkedBlockingQueue<>();
            try (ChildProcess gateway = smallJvm(upstream.port(), lines::add)) {
                int port = Integer.parseInt(String.valueOf(lines.poll(2, MINUTES)));
                try (var client = RawConnection.to(port)) {
                    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + TWO_GIGABYTES + "\r\n\r\n");
                    pour(client.out(), TWO_GIGABYTES);

                    assertThat(client.head()).startsWith("HTTP/1.1 200");
                    assertThat(drain(client.in(), TWO_GIGABYTES)).isEqualTo(TWO_GIGABYTES);
                    assertThat(received.get()).isEqualTo(TWO_GIGABYTES);
                }
                gateway.requireAlive();
            }
        }
    }

    /** A client that writes line by line: they come with the head, and wait for the connection to the API. */
    @Test
    void aBodyOfThousandsOfPiecesArrivesAsItWasSent() {
        List<String> lines =
                IntStream.range(0, 5_000).mapToObj("line%05d\n"::formatted).toList();
        AtomicReference<String> received = new AtomicReference<>("");
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    received.set(chunks(connection));
                    connection.send("HTTP/1.1 204 No Content\r\n\r\n");
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + lines.stream()
                            .map(line -> Integer.toHexString(line.length()) + "\r\n" + line + "\r\n")
                            .collect(Collectors.joining("", "", "0\r\n\r\n")));

            assertThat(client.head()).startsWith("HTTP/1.1 204");
            assertThat(received.get()).isEqualTo(String.join("", lines));
        }
    }

    private static String chunks(RawConnection connection) {
        StringBuilder body = new StringBuilder();
        while (true) {
            StringBuilder size = new StringBuilder();
            while (size.indexOf("\r\n") < 0) {
                size.append((char) connection.read());
            }
            int length = Integer.parseInt(size.toString().strip(), 16);
            String chunk = connection.body(length + 2);
            if (length == 0) {
                return body.toString();
            }
            body.append(chunk, 0, length);
        }
    }

    /** Each request is an object, with one for each of its headers: a few clients must not fill the memory with small ones. */
    @Test
    void clientsThatSendThousandsOfRequestsAtOnceHarmNobody() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        AtomicLong poured = new AtomicLong();
        String many = "GET /deaf HTTP/1.1\r\nHost:a\r\n\r\n".repeat(10_000);
        try (var upstream = new RawUpstream((connection, number) -> {
            for (String message = connection.head(); !message.isEmpty(); message = connection.head()) {
                if (message.startsWith("POST /large")) {
                    drain(connection.in(), LARGE);
                } else if (message.contains("/deaf")) {
                    over.await();
                }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        })) {
            BlockingQueue<String> lines = new LinkedBlockingQueue<>();
            List<RawConnection> clients = new ArrayList<>();
            try (ChildProcess gateway = smallJvm(upstream.port(), lines::add)) {
                int port = Integer.parseInt(String.valueOf(lines.poll(2, MINUTES)));
                for (int i = 0; i < 100; i++) {
                    RawConnection client = RawConnection.to(port);
                    clients.add(client);
                    // From then on, the gateway reads as much at once as it ever does.
                    client.send("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: " + LARGE + "\r\n\r\n");
                    pour(client.out(), LARGE);
                    assertThat(client.message()).endsWith("ok");
                    daemon(() -> {
                        while (true) {
                            client.send(many);
                            poured.addAndGet(many.length());
                        }
                    });
                }
                untilItStops(poured);
                try (var client = RawConnection.to(port)) {
                    assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").message())
                            .endsWith("ok");
                }
                gateway.requireAlive();
            } finally {
                over.countDown();
                clients.forEach(RawConnection::close);
            }
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (UncheckedIOException e) {
                        // The connection was closed.
                    }
                },
                "flood");
        thread.setDaemon(true);
        thread.start();
    }

    /** Each buffers what its sockets hold, and all of them together must not exhaust the memory of the one. */
    @Test
    void hundredsOfClientsThatDoNotReadHarmNobody() throws Exception {
        try (var upstream = new RawUpstream((connection, number) -> {
            if (connection.head().startsWith("GET /large")) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + TWO_GIGABYTES + "\r\n\r\n");
                pour(connection.out(), TWO_GIGABYTES);
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                connection.head();
            }
        })) {
            BlockingQueue<String> lines = new LinkedBlockingQueue<>();
            List<RawConnection> clients = new ArrayList<>();
            try (ChildProcess gateway = smallJvm(upstream.port(), lines::add)) {
                int port = Integer.parseInt(String.valueOf(lines.poll(2, MINUTES)));
                for (int i = 0; i < 150; i++) {
                    RawConnection client = RawConnection.to(port);
                    clients.add(client);
                    assertThat(client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                                    .head())
                            .startsWith("HTTP/1.1 200");
                }
                try (var client = RawConnection.to(port)) {
                    assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").message())
                            .endsWith("ok");
                }
                for (RawConnection client : clients) {
                    assertThat(drain(client.in(), 1L << 20)).isEqualTo(1L << 20);
                }
                gateway.requireAlive();
            } finally {
                clients.forEach(RawConnection::close);
            }
        }
    }

    static ChildProcess smallJvm(int upstream, Consumer<String> line) throws IOException {
        return ChildProcess.start(
                "gateway",
                UnixUser.same(),
                Map.of(),
                text -> {
                    if (text.startsWith("port ")) {
                        line.accept(text.substring(5));
                    }
                },
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-XX:MaxDirectMemorySize=32m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        String.valueOf(upstream)));
    }

    /** The child process runs this. */
    static final class Main {

        public static void main(String[] args) throws InterruptedException {
            GatewayServer gateway = GatewayServer.before(Integer.parseInt(args[0]));
            System.out.println("port " + gateway.port());
            Thread.currentThread().join();
        }
    }

    @Test
    void aClientThatDoesNotReadStopsTheUpstream() throws Exception {
        AtomicLong poured = new AtomicLong();
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + TWO_GIGABYTES + "\r\n\r\n");
                    pour(connection.out(), TWO_GIGABYTES, poured);
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").head();
            long stopped = untilItStops(poured);

            // Buffers of two sockets hold some megabytes each; the gateway itself next to nothing.
            assertThat(stopped).isLessThan(64L << 20);
            drain(client.in(), stopped);
            await().until(() -> poured.get() > stopped);
        }
    }

    /** Each answer is small, and all of them would not fit into the memory. Nor is a client idle that has yet to take the last. */
    @Test
    void aClientThatTakesNoAnswersStopsItsOwnRequests() {
        int requests = 2000;
        String body = "x".repeat(16 * 1024);
        AtomicLong asked = new AtomicLong();
        try (var upstream = new RawUpstream((connection, number) -> {
                    while (!connection.head().isEmpty()) {
                        asked.incrementAndGet();
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                    }
                });
                var gateway = GatewayServer.before(upstream.port(), "timeouts.keep-alive", "300ms");
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(requests));
            long stopped = untilItStops(asked);

            // The buffers of its own socket hold that much.
            assertThat(stopped).isLessThan(requests / 2);
            for (int i = 0; i < requests; i++) {
                assertThat(client.message()).endsWith("\r\n\r\n" + body);
            }
        }
    }

    @Test
    void anUpstreamThatDoesNotReadStopsTheClient() throws Exception {
        AtomicLong poured = new AtomicLong();
        CompletableFuture<RawConnection> asked = new CompletableFuture<>();
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    asked.complete(connection);
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + TWO_GIGABYTES + "\r\n\r\n");
            CompletableFuture<Void> pouring = CompletableFuture.runAsync(() -> {
                try {
                    pour(client.out(), TWO_GIGABYTES, poured);
                } catch (IOException e) {
                    // The end of the test closes the connection.
                }
            });
            RawConnection slow = asked.get(1, MINUTES);
            long stopped = untilItStops(poured);

            assertThat(stopped).isLessThan(64L << 20);
            drain(slow.in(), stopped / 2);
            await().until(() -> poured.get() > stopped);
            client.close();
            pouring.get(1, MINUTES);
        }
    }

    /** Nothing moved for a while. */
    private static long untilItStops(AtomicLong poured) {
        AtomicLong last = new AtomicLong(-1);
        await().pollInterval(java.time.Duration.ofMillis(700))
                .atMost(java.time.Duration.ofMinutes(2))
                .until(() -> poured.get() > 0 && last.getAndSet(poured.get()) == poured.get());
        return poured.get();
    }

    private static long drain(InputStream in, long most) throws IOException {
        byte[] buffer = new byte[1 << 18];
        long total = 0;
        while (total < most) {
            int read = in.read(buffer, 0, (int) Math.min(buffer.length, most - total));
            if (read < 0) {
                return total;
            }
            total += read;
        }
        return total;
    }

    private static void pour(OutputStream out, long bytes) throws IOException {
        pour(out, bytes, new AtomicLong());
    }

    private static void pour(OutputStream out, long bytes, AtomicLong poured) throws IOException {
        for (long left = bytes; left > 0; left -= BLOCK.length) {
            out.write(BLOCK, 0, (int) Math.min(left, BLOCK.length));
            poured.addAndGet(BLOCK.length);
        }
        out.flush();
    }

    private static byte[] block() {
        byte[] block = new byte[1 << 16];
        java.util.Arrays.fill(block, (byte) 'x');
        return block;
    }
}
