package dev.sidecar.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.FreePort;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client gets the right answer when the upstream, the network or the client itself fails. */
class FailureTest {

    private static final String GET = "GET /x HTTP/1.1\r\nHost: a\r\nX-Request-ID: i-1\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @Test
    void aRefusedConnectionIsA502AndTheClientsConnectionGoesOn() throws Exception {
        try (var gateway = GatewayServer.before(FreePort.get());
                var client = gateway.connect()) {
            for (int i = 1; i <= 2; i++) {
                assertThat(client.send(GET).message()).isEqualTo("""
                        HTTP/1.1 502 Bad Gateway\r
                        content-type: application/problem+json\r
                        content-length: 139\r
                        X-Request-ID: i-1\r
                        \r
                        {"type":"about:blank","title":"Bad Gateway","status":502,"detail":"The API refused the connection.","reason":"refused","request_id":"i-1"}
                        """);
                assertThat(gateway.failures(FailureReason.REFUSED)).isEqualTo(i);
            }
            await().until(() -> gateway.inFlight() == 0);
        }
    }

    @Test
    void aProblemHasNoBodyForHead() throws Exception {
        try (var gateway = GatewayServer.before(FreePort.get());
                var client = gateway.connect()) {
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

            assertThat(client.untilClosed()).startsWith("HTTP/1.1 502").endsWith("\r\n\r\n");
        }
    }

    @Test
    void aNameNobodyKnowsIsA502() {
        try (var gateway = GatewayServer.before("http://no-such-host.invalid:80");
                var client = gateway.connect()) {
            assertThat(client.send(GET).message()).startsWith("HTTP/1.1 502").contains("\"reason\":\"unreachable\"");
        }
    }

    @Test
    void anUpstreamThatTakesNoConnectionIsA504() throws Exception {
        List<Socket> fillers = new ArrayList<>();
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var gateway = GatewayServer.before(deaf.getLocalPort(), "timeouts.connect", "300ms");
                var client = gateway.connect()) {
            fill(deaf, fillers);

            assertThat(client.send(GET).message())
                    .startsWith("HTTP/1.1 504")
                    .contains("\"reason\":\"connect_timeout\"");
        } finally {
            for (Socket filler : fillers) {
                filler.close();
            }
        }
    }

    /** Fills the queue of the listening socket until it accepts no more. */
    private static void fill(ServerSocket deaf, List<Socket> fillers) throws Exception {
        while (true) {
            Socket socket = new Socket();
            fillers.add(socket);
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), deaf.getLocalPort()), 500);
            } catch (SocketTimeoutException e) {
                return;
            }
        }
    }

    @Test
    void anUpstreamThatDoesNotAnswerIsA504AndItsConnectionIsClosed() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.untilClosed();
                    closed.countDown();
                });
                var gateway = GatewayServer.before(upstream.port(), "timeouts.response", "200ms");
                var client = gateway.connect()) {
            assertThat(client.send(GET).message())
                    .startsWith("HTTP/1.1 504 Gateway Timeout\r\n")
                    .contains("\"reason\":\"response_timeout\"", "\"request_id\":\"i-1\"");
            assertThat(closed.await(60, SECONDS)).isTrue();
            assertThat(gateway.failures(FailureReason.RESPONSE_TIMEOUT)).isEqualTo(1);
        }
    }

    /** 102 says that it is still at work. */
    @Test
    void anUpstreamThatSaysThatItWorksHasMoreTime() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    for (int i = 0; i < 8; i++) {
                        Thread.sleep(500);
                        connection.send("HTTP/1.1 102 Processing\r\n\r\n");
                    }
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port(), "timeouts.response", "2s");
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            for (int i = 0; i < 8; i++) {
                assertThat(client.head()).startsWith("HTTP/1.1 102");
            }
            assertThat(client.message()).startsWith("HTTP/1.1 200").endsWith("ok");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                "HTTP/1.1 200 OK\r\nX: a\u0000b\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nfree bytes",
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "220 mail.example ESMTP\r\n\r\n"
            })
    void anAnswerThatIsNoneIsA502(String answer) {
        try (var upstream = RawUpstream.answering(answer);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).message()).startsWith("HTTP/1.1 502").contains("\"reason\":\"bad_response\"");
        }
    }

    /** HTTP/1.0 has no interim answers, so this client could not read a 101. */
    @Test
    void aSwitchThatTheClientCannotReadIsA502() throws Exception {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
                    connection.untilClosed();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.0\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");

            assertThat(client.untilClosed()).startsWith("HTTP/1.1 502").contains("\"reason\":\"bad_response\"");
            assertThat(gateway.failures(FailureReason.BAD_RESPONSE)).isEqualTo(1);
        }
    }

    @Test
    void halfAHeadIsA502() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\nContent-").close();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).message()).startsWith("HTTP/1.1 502").contains("\"reason\":\"closed\"");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"})
    void anAnswerCutInTheMiddleIsSeenToBeCut(String rest) {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\n" + rest).close();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).untilClosed())
                    .startsWith("HTTP/1.1 200")
                    .doesNotEndWith("0\r\n\r\n")
                    .satisfies(seen -> assertThat(
                                    seen.endsWith("half") || seen.contains("hello") || seen.endsWith("\r\n\r\n"))
                            .isTrue());
            await().untilAsserted(() ->
                    assertThat(gateway.failures(FailureReason.TRUNCATED)).isEqualTo(1));
        }
    }

    @Test
    void anAnswerThatStopsInTheMiddleIsBrokenOff() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port(), "timeouts.idle", "200ms");
                var client = gateway.connect()) {
            assertThat(client.send(GET).untilClosed()).startsWith("HTTP/1.1 200");
            await().untilAsserted(() ->
                    assertThat(gateway.failures(FailureReason.STALLED)).isEqualTo(1));
        }
    }

    @Test
    void aClientThatGoesAwayCancelsTheCall() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    asked.countDown();
                    if (connection.read() < 0) {
                        cancelled.countDown();
                    }
                });
                var gateway = GatewayServer.before(upstream.port())) {
            var client = gateway.connect().send(GET);
            assertThat(asked.await(60, SECONDS)).isTrue();
            client.close();
            assertThat(cancelled.await(20, SECONDS)).isTrue();

            await().untilAsserted(() -> {
                assertThat(gateway.failures(FailureReason.CLIENT_GONE)).isEqualTo(1);
                assertThat(gateway.inFlight()).isZero();
            });
        }
    }

    /** Many programs take an orderly end for the end of what was sent to them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 10\r\n\r\nhalf",
                "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\nhalf"
            })
    void theApiSeesThatAnUploadWasBrokenOff(String upload) throws Exception {
        boolean tunnel = upload.contains("tcp");
        CountDownLatch half = new CountDownLatch(1);
        CompletableFuture<String> end = new CompletableFuture<>();
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    if (tunnel) {
                        connection.send("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
                    }
                    connection.body(4);
                    half.countDown();
                    try {
                        connection.in().transferTo(OutputStream.nullOutputStream());
                        end.complete("in order");
                    } catch (SocketException e) {
                        end.complete("broken off");
                    }
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\n" + upload);
            assertThat(half.await(60, SECONDS)).isTrue();
            if (tunnel) {
                // An orderly end is passed on as one; see IntegrityTest.
                client.socket.setSoLinger(true, 0);
            }
            client.close();

            assertThat(end.get(60, SECONDS)).isEqualTo("broken off");
        }
    }

    /** It answers, and closes without reading the rest: what its system says to that must not take the answer away. */
    @Test
    void theAnswerOfAnApiThatTakesNoUploadArrives() {
        byte[] block = new byte[64 * 1024];
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.body(64 * 1024);
                    connection.send("HTTP/1.1 401 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
                    connection.close();
                });
                var gateway = GatewayServer.before(upstream.port())) {
            for (int i = 0; i < 20; i++) {
                try (var client = gateway.connect()) {
                    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n");
                    for (int sent = 0; sent < 4194304; sent += block.length) {
                        client.send(block, block.length);
                    }
                    assertThat(client.message()).startsWith("HTTP/1.1 401").endsWith("no");
                }
            }
        }
    }

    /** Many send all of a request before they look for the answer. */
    @Test
    void aRefusedClientMaySendForAWhileBeforeItReads() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno");
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
            await().until(() -> gateway.inFlight() == 0 && !upstream.connections.isEmpty());
            long until = System.nanoTime() + SECONDS.toNanos(3);
            await().pollInterval(Duration.ofMillis(200)).until(() -> {
                client.send("x");
                return System.nanoTime() - until > 0;
            });

            assertThat(client.untilClosed()).startsWith("HTTP/1.1 401").endsWith("no");
        }
    }

    /** The upstream closes as it is asked again: the request never ran, and the client must not notice. */
    @Test
    void aRequestOnAStaleConnectionIsSentAgain() {
        AtomicInteger asked = new AtomicInteger();
        try (var upstream = closingWhenAskedAgain(asked);
                var gateway = GatewayServer.before(upstream.port())) {
            oneOnAPooledConnection(
                    gateway, GET, () -> assertThat(gateway.retries()).isEqualTo(1), "HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /x HTTP/1.1\r\nHost: a\r\n\r\n",
                "PATCH /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
                "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
                // Its trailer has been sent, and is kept nowhere.
                "GET /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n"
            })
    void whatMayHaveRunIsNotSentAgain(String request) {
        AtomicInteger asked = new AtomicInteger();
        try (var upstream = closingWhenAskedAgain(asked);
                var gateway = GatewayServer.before(upstream.port())) {
            oneOnAPooledConnection(
                    gateway, request, () -> assertThat(gateway.retries()).isZero(), "HTTP/1.1 502");
            assertThat(gateway.failures(FailureReason.CLOSED)).isEqualTo(1);
        }
    }

    @Test
    void aFreshConnectionThatIsClosedIsNotTriedAgain() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.close();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).message()).startsWith("HTTP/1.1 502").contains("\"reason\":\"closed\"");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    private static RawUpstream closingWhenAskedAgain(AtomicInteger asked) {
        return new RawUpstream((connection, number) -> {
            connection.message();
            connection.send(OK);
            if (number > 0) {
                connection.message();
                connection.send(OK);
            } else if (!connection.head().isEmpty()) {
                asked.incrementAndGet();
                connection.close();
            }
        });
    }

    private static void oneOnAPooledConnection(GatewayServer gateway, String request, Runnable check, String answer) {
        try (var client = gateway.connect()) {
            assertThat(client.send(GET).message()).startsWith("HTTP/1.1 200");
            assertThat(client.send(request).message()).startsWith(answer);
            check.run();
        }
    }

    @Test
    void bytesThatNobodyAskedForAreNotTakenForTheNextAnswer() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send(OK + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
                    connection.head();
                    connection.send(OK);
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(GET).message()).endsWith("ok");
            assertThat(client.send(GET).message()).endsWith("ok");
            assertThat(upstream.connections).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 2000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n400\r\n"})
    void aBodyAboveTheLimitIsA413(String rest) {
        try (var upstream = new RawUpstream((connection, number) -> connection.untilClosed());
                var gateway = GatewayServer.before(upstream.port(), "limits.body-size", "1000B");
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\n" + rest + "x".repeat(1024));

            assertThat(client.untilClosed()).startsWith("HTTP/1.1 413").contains("\"reason\":\"body_too_large\"");
        }
    }

    @Test
    void aHeadAboveTheLimitIsA431AndAnAddressA414() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "limits.header-size", "2KB");
                var first = gateway.connect();
                var second = gateway.connect();
                var third = gateway.connect()) {
            first.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(3000) + "\r\n\r\n");
            assertThat(first.untilClosed()).startsWith("HTTP/1.1 431").contains("header_too_large");
            second.send("GET /" + "x".repeat(3000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(second.untilClosed()).startsWith("HTTP/1.1 414").contains("target_too_long");
            third.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(1500) + "\r\n\r\n");
            assertThat(third.message()).startsWith("HTTP/1.1 200");
            assertThat(upstream.heads).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"GET / HTTP/1.1\r\nHost: a", "G", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"})
    void aRequestThatDoesNotArriveIsA408(String part) {
        try (var upstream = new RawUpstream((connection, number) -> connection.untilClosed());
                var gateway =
                        GatewayServer.before(upstream.port(), "timeouts.head", "200ms", "timeouts.idle", "200ms");
                var client = gateway.connect()) {
            assertThat(client.send(part).untilClosed())
                    .startsWith("HTTP/1.1 408")
                    .contains("request_timeout");
            assertThat(gateway.failures(FailureReason.REQUEST_TIMEOUT)).isEqualTo(1);
        }
    }

    @Test
    void anIdleConnectionIsClosedWithoutAWord() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "timeouts.keep-alive", "300ms");
                var fresh = gateway.connect();
                var used = gateway.connect()) {
            assertThat(used.send(GET).message()).startsWith("HTTP/1.1 200");
            assertThat(used.untilClosed()).isEmpty();
            assertThat(fresh.untilClosed()).isEmpty();
        }
    }

    @Test
    void theApiSeesNothingOfClientsThatGetNoPlace() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", "2");
                var first = gateway.connect().send(GET);
                var second = gateway.connect().send(GET)) {
            await().until(() -> upstream.connections.size() == 2);
            for (int i = 0; i < 500; i++) {
                try (var tooMany = gateway.connect()) {
                    assertThat(tooMany.send(GET).message()).startsWith("HTTP/1.1 503");
                }
            }
            assertThat(upstream.connections).hasSize(2);
            assertThat(first).isNotEqualTo(second);
        }
    }

    @Test
    void oneClientTooManyIsToldToComeLater() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    if (number > 1) {
                        connection.send(OK);
                    }
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port(), "limits.connections", "2")) {
            var first = gateway.connect().send(GET);
            var second = gateway.connect().send(GET);
            await().until(() -> upstream.connections.size() == 2);
            await().untilAsserted(() -> {
                try (var third = gateway.connect()) {
                    assertThat(third.send(GET).message())
                            .startsWith("HTTP/1.1 503")
                            .contains("too_many_connections");
                }
            });
            first.close();
            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
                try (var fourth = gateway.connect()) {
                    assertThat(fourth.send(GET).message()).startsWith("HTTP/1.1 200");
                }
            });
            second.close();
        }
    }
}
