package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.sidecar.support.ShippedNginx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** One client's slowness or hunger costs the others nothing. Loopback has many addresses, so clients are told apart for real. */
class FairnessTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String NO_LOOPBACK = "192.0.2.0/24";

    private final List<RawConnection> opened = new ArrayList<>();

    @TempDir
    private Path folder;

    @AfterEach
    void closeAll() {
        opened.forEach(RawConnection::close);
    }

    /** Nothing at all, half a head, a body that never ends. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GET / HTTP/1.1\r\nHost: a\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx"
            })
    void elevenHundredSlowClientsOfOneAddressCostAnotherNothing(String slow) {
        for (String trusted : List.of(NO_LOOPBACK, "127.0.0.0/8")) {
            try (var upstream = RawUpstream.answering(OK);
                    var gateway = GatewayServer.before(upstream.port(), "trusted-proxies", trusted)) {
                for (int i = 0; i < 1100; i++) {
                    send(from("127.0.0.2", gateway), slow);
                }
                // A request may be unfinished for a second before it loses its place to another.
                Instant flooded = Instant.now();
                await().until(() -> Instant.now().isAfter(flooded.plusSeconds(2)));
                for (int i = 0; i < 50; i++) {
                    long began = System.nanoTime();
                    try (var other = connect("127.0.0.3", gateway.port())) {
                        assertThat(other.send(GET).message())
                                .as("request %d, loopback trusted: %s", i, trusted)
                                .startsWith("HTTP/1.1 200");
                    }
                    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
                }
            }
            closeAll();
            opened.clear();
        }
    }

    /** Half a head, which nginx holds itself, and a body that never ends, which it passes on as it comes. */
    @ParameterizedTest
    @ValueSource(
            strings = {"GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx"
            })
    void norDoTheyThroughTheStacksNginx(String slow) {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var nginx = new ShippedNginx(folder, gateway.port(), Map.of())) {
            for (int i = 0; i < 1100; i++) {
                RawConnection connection = connect("127.0.0.2", nginx.port());
                opened.add(connection);
                send(connection, slow);
            }
            for (int i = 0; i < 50; i++) {
                try (var other = connect("127.0.0.3", nginx.port())) {
                    assertThat(other.send(GET).message()).as("request %d", i).startsWith("HTTP/1.1 200");
                }
            }
        }
    }

    @Test
    void theStacksNginxGivesAnAddressItsShareOfConnectionsAndRequests() {
        String hanging = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx";
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var nginx = new ShippedNginx(
                        folder,
                        gateway.port(),
                        Map.of(
                                "limits.zones",
                                "limit_req_zone $client zone=set_requests:1m rate=1r/s;",
                                "limits.conf",
                                "limit_conn client_connections 3; limit_req zone=set_requests burst=4 nodelay;"))) {
            for (int i = 0; i < 3; i++) {
                RawConnection connection = connect("127.0.0.2", nginx.port());
                opened.add(connection.send(hanging));
            }
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isEqualTo(3));
            try (var fourth = connect("127.0.0.2", nginx.port())) {
                assertThat(fourth.send(GET).message())
                        .startsWith("HTTP/1.1 429 Too Many Requests\r\n")
                        .contains("\r\nRetry-After: 1\r\n", "\r\nX-Request-ID: ", "\"reason\":\"edge_limit\"");
            }
            try (var other = connect("127.0.0.3", nginx.port())) {
                List<String> statuses = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    statuses.add(other.send(GET).message().substring(9, 12));
                }
                assertThat(statuses)
                        .startsWith("200", "200", "200", "200", "200")
                        .contains("429");
            }
        }
    }

    /** A household, or a rented server, has 2^64 addresses; a load balancer may write those of IPv4 as addresses of one network of IPv6. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8:1:2:3:a:0:1, 2001:db8:1:2:ffff::1, 2001:db8:1:3::1",
        "::ffff:198.51.100.1, ::ffff:198.51.100.1, ::ffff:198.51.100.2"
    })
    void theStacksNginxTakesANetworkOfIpv6ForOneClient(String one, String same, String other) {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var nginx = new ShippedNginx(
                        folder,
                        gateway.port(),
                        Map.of(
                                "limits.zones",
                                "set_real_ip_from 127.0.0.0/8;\nreal_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n",
                                "limits.conf",
                                "limit_conn client_connections 3; limit_req zone=client_requests burst=4 nodelay;"))) {
            String of = "POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\nContent-Length: 1000000\r\n\r\nx";
            for (int i = 0; i < 3; i++) {
                opened.add(connect("127.0.0.2", nginx.port()).send(of.formatted(one)));
            }
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isEqualTo(3));

            try (var fourth = connect("127.0.0.2", nginx.port());
                    var neighbour = connect("127.0.0.2", nginx.port())) {
                assertThat(fourth.send(GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: " + same + "\r\n\r\n"))
                                .message())
                        .startsWith("HTTP/1.1 429 Too Many Requests\r\n");
                assertThat(neighbour
                                .send(GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: " + other + "\r\n\r\n"))
                                .message())
                        .startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void anAddressGetsItsShareOfConnectionsAndIsToldWhenToComeBack() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(
                        upstream.port(), "trusted-proxies", NO_LOOPBACK, "limits.connections-per-client", "3")) {
            for (int i = 0; i < 3; i++) {
                assertThat(from("127.0.0.2", gateway).send(GET).message()).endsWith("ok");
            }

            String refused = from("127.0.0.2", gateway).send(GET).untilClosed();
            assertThat(refused)
                    .startsWith("HTTP/1.1 429 Too Many Requests\r\n")
                    .containsIgnoringCase("\r\nretry-after: 1\r\n")
                    .contains("\"reason\":\"client_connections\"", "X-Request-ID: ");
            assertThat(from("127.0.0.3", gateway).send(GET).message()).endsWith("ok");
            assertThat(gateway.closed("client_limit")).isEqualTo(1);

            opened.remove(0).close();
            await().untilAsserted(() -> {
                try (var again = connect("127.0.0.2", gateway.port())) {
                    assertThat(again.send(GET).message()).endsWith("ok");
                }
            });
        }
    }

    /** Too many even to be told one by one: the shortest answer, and no place kept. */
    @Test
    void aFloodIsRefusedWithoutBeingRead() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(
                        upstream.port(), "trusted-proxies", NO_LOOPBACK, "limits.connections-per-client", "2")) {
            for (int i = 0; i < 4; i++) {
                from("127.0.0.2", gateway);
            }
            await().until(() -> gateway.closed("client_limit") == 2);

            assertThat(from("127.0.0.2", gateway).untilClosed())
                    .startsWith("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n");
        }
    }

    @Test
    void anAddressGetsItsShareOfUnfinishedRequests() throws Exception {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port(), "limits.requests-per-client", "2")) {
            String asked = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n";
            for (int i = 0; i < 2; i++) {
                from("127.0.0.1", gateway).send(asked.formatted("203.0.113.9"));
            }
            await().until(() -> upstream.connections.size() == 2);

            assertThat(from("127.0.0.1", gateway)
                            .send(asked.formatted("203.0.113.9"))
                            .message())
                    .startsWith("HTTP/1.1 429 Too Many Requests\r\n")
                    .containsIgnoringCase("\r\nretry-after: 1\r\n")
                    .contains("\"reason\":\"client_requests\"");
            from("127.0.0.1", gateway).send(asked.formatted("203.0.113.10"));
            from("127.0.0.1", gateway).send(GET);
            await("another client, and a proxy that names nobody").until(() -> upstream.connections.size() == 4);

            opened.get(0).close();
            await("a request that ended gives its place back").untilAsserted(() -> {
                from("127.0.0.1", gateway).send(asked.formatted("203.0.113.9"));
                assertThat(upstream.connections).hasSize(5);
            });
        }
    }

    /** Some proxies add a line of their own below the one that the client sent. */
    @Test
    void aLineThatTheClientSentItselfNamesNobody() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port(), "limits.requests-per-client", "1")) {
            String asked =
                    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.%d\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n";
            from("127.0.0.1", gateway).send(asked.formatted(1));
            await().until(() -> upstream.connections.size() == 1);

            assertThat(from("127.0.0.1", gateway).send(asked.formatted(2)).message())
                    .startsWith("HTTP/1.1 429");
        }
    }

    @Test
    void oneIpv6NetworkIsOneClient() {
        assertThat(Shares.of("2001:db8:1:2:aaaa::1")).isEqualTo(Shares.of("2001:db8:1:2::9"));
        assertThat(Shares.of("2001:db8:1:3::1")).isNotEqualTo(Shares.of("2001:db8:1:2::1"));
        assertThat(Shares.of("192.0.2.1")).isNotEqualTo(Shares.of("192.0.2.2"));
    }

    @Test
    void whoHoldsNothingIsForgotten() {
        Shares shares = new Shares();
        assertThat(shares.take("a")).isEqualTo(1);
        assertThat(shares.take("a")).isEqualTo(2);
        shares.give("a");
        shares.give("a");

        assertThat(shares.addresses()).isZero();
        assertThat(shares.take("a")).isEqualTo(1);
    }

    @Test
    void theOneThatIsIdleLongestLosesItsPlace() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", "3")) {
            var first = from("127.0.0.1", gateway);
            var second = from("127.0.0.1", gateway);
            var third = from("127.0.0.1", gateway);
            for (RawConnection client : List.of(first, second, third, first)) {
                assertThat(client.send(GET).message()).endsWith("ok");
            }

            for (int i = 0; i < 4; i++) {
                assertThat(from("127.0.0.1", gateway).send(GET).message()).endsWith("ok");
            }
            assertThat(second.untilClosed()).isEmpty();
            assertThat(gateway.closed("evicted")).isGreaterThanOrEqualTo(4);
        }
    }

    /** Connections go to the event loops in turn. The newcomer's loop holds only clients that were asked again just now. */
    @Test
    void whichOneThatIsDoesNotDependOnTheNewcomersLoop() {
        int loops = Math.max(2, Runtime.getRuntime().availableProcessors());
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", String.valueOf(2 * loops))) {
            for (int i = 0; i < 2 * loops; i++) {
                assertThat(from("127.0.0.1", gateway).send(GET).message()).endsWith("ok");
            }
            for (int i = 0; i < 2 * loops; i += loops) {
                assertThat(opened.get(i).send(GET).message()).endsWith("ok");
            }

            assertThat(from("127.0.0.1", gateway).send(GET).message()).endsWith("ok");
            for (int i = 0; i < 2 * loops; i += loops) {
                assertThat(opened.get(i).send(GET).message()).as("client %d", i).endsWith("ok");
            }
            assertThat(gateway.closed("evicted")).isEqualTo(1);
            assertThat(opened.get(1).untilClosed()).isEmpty();
        }
    }

    /**
     * A loop that is late, as where the processors are taken, has not read yet what came meanwhile. The first client is the one that is idle
     * longest, as far as its loop has seen.
     */
    @Test
    void whoHasAskedKeepsItsPlaceHoweverLateItsLoopIs() throws Exception {
        int loops = Math.max(2, Runtime.getRuntime().availableProcessors());
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", String.valueOf(2 * loops));
                var late = new LateLoop()) {
            for (int i = 0; i < 2 * loops; i++) {
                assertThat(from("127.0.0.1", gateway).send(GET).message()).endsWith("ok");
            }
            // Connections go to the loops in turn, and the listening one came first.
            RawConnection first = opened.get(0);
            opened.get(loops).send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
            late.awaitStalled();

            first.send(GET);
            for (int i = 0; i < loops; i++) {
                from("127.0.0.1", gateway);
            }
            await().until(() -> gateway.connected() > 2 * loops);
            for (int i = 0; i < 10; i++) {
                // The other loops have come to ask the late one when they have answered this.
                for (int other = loops + 1; other < 2 * loops; other++) {
                    assertThat(opened.get(other).send(GET).message()).endsWith("ok");
                }
            }
            late.close();

            assertThat(first.message()).endsWith("ok");
            for (int i = 2 * loops; i < 3 * loops; i++) {
                assertThat(opened.get(i).send(GET).message()).as("newcomer").endsWith("ok");
            }
        }
    }

    /** Where the processors are taken, a loop finds many newcomers at once, most of which have gone when it looks. */
    @Test
    void nobodyLosesItsPlaceToANewcomerThatHasGone() throws Exception {
        int loops = Math.max(2, Runtime.getRuntime().availableProcessors());
        int places = 2 * loops;
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", String.valueOf(places));
                var late = new LateLoop()) {
            for (int i = 0; i < places; i++) {
                assertThat(from("127.0.0.1", gateway).send(GET).message()).endsWith("ok");
            }
            opened.get(loops).send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
            late.awaitStalled();
            for (int i = 0; i < places; i++) {
                try (var left = gateway.connect()) {
                    left.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nthe beginning of it");
                }
            }
            await("those of the other loops have gone")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> gateway.connected() <= places);
            late.close();

            assertThat(opened.get(loops).message()).endsWith("ok");
            await("all have gone").atMost(Duration.ofMinutes(1)).until(() -> gateway.connected() == places);
            for (RawConnection client : opened) {
                assertThat(client.send(GET).message()).endsWith("ok");
            }
            assertThat(gateway.closed("evicted")).isZero();
        }
    }

    /** Stalls the loop that answers {@code /late}, where it writes the line of that request. */
    private static final class LateLoop extends AppenderBase<ILoggingEvent> implements AutoCloseable {

        private final Logger access = (Logger) LoggerFactory.getLogger("access");
        private final CountDownLatch stalled = new CountDownLatch(1);
        private final CountDownLatch over = new CountDownLatch(1);

        LateLoop() {
            start();
            access.addAppender(this);
        }

        void awaitStalled() throws InterruptedException {
            assertThat(stalled.await(1, TimeUnit.MINUTES)).isTrue();
        }

        /** Not {@code append}, whose caller holds a lock that the other loops need. */
        @Override
        public void doAppend(ILoggingEvent line) {
            if (line.getKeyValuePairs().stream().anyMatch(pair -> "/late".equals(pair.value))) {
                stalled.countDown();
                try {
                    over.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        protected void append(ILoggingEvent line) {}

        @Override
        public void close() {
            access.detachAppender(this);
            over.countDown();
        }
    }

    /** It may be sending its next request already, and many clients do not send that again. */
    @Test
    void whoWasAnsweredJustNowKeepsItsPlaceWhileABodyIsSlow() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", "2")) {
            await().atMost(Duration.ofMinutes(2)).until(() -> {
                closeAll();
                opened.clear();
                await().until(() -> gateway.connected() == 0);
                var answered = from("127.0.0.1", gateway);
                var slow = from("127.0.0.1", gateway).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
                await().until(() -> gateway.inFlight() == 1);
                Instant begun = Instant.now();
                await().until(() -> Instant.now().isAfter(begun.plusMillis(1500)));
                Instant asked = Instant.now();
                assertThat(answered.send(GET).message()).endsWith("ok");
                var newcomer = from("127.0.0.1", gateway).send(GET);
                String first = newcomer.message();
                if (Instant.now().isAfter(asked.plusMillis(900))) {
                    // Too long ago for "just now": nothing is shown by it.
                    return false;
                }
                assertThat(first).endsWith("ok");
                assertThat(slow.untilClosed()).contains("\"reason\":\"too_many_connections\"");
                assertThat(answered.send(GET).message()).endsWith("ok");
                return true;
            });
        }
    }

    /** An API that is slow to take connections, and clients that do not wait for it: with a head, with the beginning of a body. */
    @ParameterizedTest
    @ValueSource(strings = {GET, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nthe beginning of it"})
    void whoHasGoneKeepsNoPlaceWhileItsConnectionToTheApiIsBeingOpened(String request) throws Exception {
        try (var deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fill(deaf);
            try (var gateway =
                    GatewayServer.before(deaf.getLocalPort(), "limits.connections", "20", "timeouts.connect", "10m")) {
                for (int i = 0; i < 20; i++) {
                    from("127.0.0.1", gateway).send(request);
                }
                await().until(() -> gateway.inFlight() == 20 && opening(deaf) == 20);
                closeAll();

                await().untilAsserted(() -> {
                    assertThat(gateway.connected()).as("places taken").isZero();
                    assertThat(opening(deaf))
                            .as("connections being opened for nobody")
                            .isZero();
                });
                assertThat(gateway.failures(FailureReason.CLIENT_GONE)).isEqualTo(20);
                assertThat(gateway.closed("evicted") + gateway.closed("full")).isZero();
            }
        }
    }

    /** It is the API that keeps everybody waiting. */
    @Test
    void whoHasAskedKeepsItsPlaceWhileItsConnectionToTheApiIsBeingOpened() throws Exception {
        try (var deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fill(deaf);
            try (var gateway =
                    GatewayServer.before(deaf.getLocalPort(), "limits.connections", "1", "timeouts.connect", "10m")) {
                from("127.0.0.1", gateway).send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
                await().until(() -> gateway.inFlight() == 1);
                Instant asked = Instant.now();
                await().until(() -> Instant.now().isAfter(asked.plusMillis(1500)));

                from("127.0.0.1", gateway);
                await().until(() -> gateway.closed("full") == 1);
                assertThat(gateway.inFlight()).isEqualTo(1);
                closeAll();
            }
        }
    }

    /** Connects until the system takes no more for a server that accepts none. */
    private void fill(ServerSocket deaf) throws IOException {
        for (int i = 0; i < 100; i++) {
            Socket socket = new Socket();
            try {
                socket.connect(deaf.getLocalSocketAddress(), 500);
                opened.add(new RawConnection(socket));
            } catch (SocketTimeoutException e) {
                socket.close();
                return;
            }
        }
        throw new IllegalStateException("the system took 100 connections for a backlog of 1");
    }

    /** How many connections to it are being opened: the system's sockets in the state SYN-SENT, which is 02. */
    private static long opening(ServerSocket server) throws IOException {
        String opening = ":%04X 02 ".formatted(server.getLocalPort());
        try (var old = Files.lines(Path.of("/proc/net/tcp"));
                var mapped = Files.lines(Path.of("/proc/net/tcp6"))) {
            return Stream.concat(old, mapped)
                    .filter(socket -> socket.contains(opening))
                    .count();
        }
    }

    /** Each of these waits for the API and keeps nobody waiting. */
    @Test
    void whereNobodyIsIdleTheNewcomerIsToldWhenToComeBack() throws Exception {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", "2")) {
            for (int i = 0; i < 2; i++) {
                from("127.0.0.1", gateway).send(GET);
            }
            await().until(() -> upstream.connections.size() == 2);
            var newcomer = from("127.0.0.1", gateway);
            await().until(() -> gateway.closed("full") == 1);

            assertThat(newcomer.send(GET).untilClosed())
                    .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                    .containsIgnoringCase("\r\nretry-after: 1\r\n")
                    .contains("\"reason\":\"too_many_connections\"");
        }
    }

    @Test
    void aBodyThatTricklesIsRefused() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.untilClosed();
                });
                var gateway =
                        GatewayServer.before(upstream.port(), "limits.least-rate", "100B", "timeouts.slow", "1s")) {
            var slow = from("127.0.0.1", gateway).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n");
            await().pollInterval(Duration.ofMillis(100)).until(() -> {
                send(slow, "x");
                return gateway.failures(FailureReason.REQUEST_TOO_SLOW) == 1;
            });

            assertThat(slow.head()).startsWith("HTTP/1.1 408 Request Timeout\r\n");
        }
    }

    @Test
    void aBodyThatKeepsTheLeastRateIsNot() throws Exception {
        String body = "x".repeat(1200);
        try (var upstream = RawUpstream.answering(OK);
                var gateway =
                        GatewayServer.before(upstream.port(), "limits.least-rate", "100B", "timeouts.slow", "1s")) {
            var steady = from("127.0.0.1", gateway)
                    .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n");
            List<String> rest = new ArrayList<>(List.of(body.split("(?<=\\G.{50})")));
            await().atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> {
                        steady.send(rest.remove(0));
                        return rest.isEmpty();
                    });

            assertThat(steady.message()).endsWith("ok");
        }
    }

    @Test
    void anAnswerThatIsTakenTooSlowlyIsCut() {
        byte[] much = new byte[64 * 1024 * 1024];
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + much.length + "\r\n\r\n");
                    connection.send(much, much.length);
                });
                var gateway =
                        GatewayServer.before(upstream.port(), "limits.least-rate", "100B", "timeouts.slow", "1s")) {
            from("127.0.0.1", gateway).send(GET);

            await().atMost(Duration.ofSeconds(30)).until(() -> gateway.failures(FailureReason.CLIENT_TOO_SLOW) == 1);
        }
    }

    /** The system says that there is room again only when a third of its megabytes is free. */
    @Test
    void anAnswerThatIsTakenAtMoreThanTheLeastRateIsNot() {
        byte[] much = new byte[64 * 1024 * 1024];
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + much.length + "\r\n\r\n");
                    connection.send(much, much.length);
                });
                var gateway =
                        GatewayServer.before(upstream.port(), "limits.least-rate", "256B", "timeouts.slow", "3s")) {
            RawConnection client = from("127.0.0.1", gateway).send(GET);
            Instant end = Instant.now().plusSeconds(6);
            await().pollInterval(Duration.ofMillis(200)).until(() -> {
                client.body(32 * 1024);
                return Instant.now().isAfter(end);
            });

            assertThat(gateway.failures(FailureReason.CLIENT_TOO_SLOW)).isZero();
            assertThat(gateway.inFlight()).isEqualTo(1);
        }
    }

    private RawConnection from(String address, GatewayServer gateway) {
        RawConnection connection = connect(address, gateway.port());
        opened.add(connection);
        return connection;
    }

    private static RawConnection connect(String address, int port) {
        try {
            return new RawConnection(
                    new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(address), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The gateway may have closed it already. */
    private static void send(RawConnection connection, String text) {
        try {
            connection.send(text);
        } catch (UncheckedIOException e) {
            // It was refused or lost its place.
        }
    }
}
