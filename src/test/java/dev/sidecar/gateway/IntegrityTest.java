package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An answer that broke off breaks off at the client, and a request reaches the API as it was meant or not at all. */
class IntegrityTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** However its end is told: by a length, by chunks, by the end of the connection; and whether it ends in order or is cut. */
    @ParameterizedTest
    @CsvSource({
        "Content-Length: 100, part, false",
        "Content-Length: 100, part, true",
        "Transfer-Encoding: chunked, '4\r\npart\r\n', false",
        "Transfer-Encoding: chunked, '4\r\npart\r\n', true",
        "X-Nothing: told, part, true"
    })
    void anAnswerThatBrokeOffBreaksOffAtTheClient(String end, String body, boolean cut) throws Exception {
        String sent = body.replace("\\r\\n", "\r\n");
        for (String version : new String[] {"1.1", "1.0"}) {
            CountDownLatch arrived = new CountDownLatch(1);
            try (var upstream = new RawUpstream((connection, number) -> {
                        connection.head();
                        connection.send("HTTP/1.1 200 OK\r\n" + end + "\r\n\r\n" + sent);
                        arrived.await(60, TimeUnit.SECONDS);
                        if (cut) {
                            connection.socket.setSoLinger(true, 0);
                        }
                        connection.close();
                    });
                    var gateway = GatewayServer.before(upstream.port());
                    var client = gateway.connect()) {
                client.send("GET / HTTP/" + version + "\r\nHost: a\r\n\r\n");
                String head = client.head();
                assertThat(head).startsWith("HTTP/1.1 200");
                client.read();
                arrived.countDown();

                assertThat(isWhole(head, client))
                        .as("HTTP/%s, %s", version, head)
                        .isFalse();
                await().untilAsserted(() ->
                        assertThat(gateway.failures(FailureReason.TRUNCATED)).isEqualTo(1));
            }
        }
    }

    /**
     * What a client makes of it: chunks without their end, or a reset, say that it is not whole. Many take the orderly end of the connection
     * for the end of the answer although bytes are missing, as Python's do that read piece by piece.
     */
    private static boolean isWhole(String head, RawConnection client) {
        StringBuilder rest = new StringBuilder();
        try {
            for (int octet = client.in().read(); octet >= 0; octet = client.in().read()) {
                rest.append((char) octet);
            }
        } catch (IOException e) {
            return false;
        }
        String lower = head.toLowerCase(Locale.ROOT);
        return !lower.contains("transfer-encoding: chunked") || rest.toString().endsWith("0\r\n\r\n");
    }

    /** It sends more than it is answered to: closing with that unread would take the answer from it. */
    @Test
    void theLastAnswerIsWholeWhateverTheClientSendsBehindItsRequest() {
        String body = "x".repeat(1024 * 1024);
        try (var upstream = RawUpstream.answering(
                        "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                    + "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20_000));
            await().until(() -> !upstream.heads.isEmpty() && gateway.inFlight() == 0);

            assertThat(client.untilClosed()).endsWith("\r\n\r\n" + body);
            assertThat(upstream.heads).hasSize(1);
        }
    }

    @Test
    void javasClientSeesThatAnAnswerWithoutALengthWasCut() throws Exception {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(100_000));
                    connection.socket.setSoLinger(true, 0);
                    connection.close();
                });
                var gateway = GatewayServer.before(upstream.port())) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port()))
                    .build();

            assertThatThrownBy(() -> HttpClient.newHttpClient().send(request, BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
    }

    /** It is whole: nothing but the end of the connection tells where it ends, and that was in order. */
    @Test
    void anAnswerThatEndsWithItsConnectionIsWholeWhenThatEndsInOrder() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\n\r\nall");
                    connection.close();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send("GET / HTTP/1.0\r\n\r\n").untilClosed()).endsWith("\r\n\r\nall");
            assertThat(gateway.failures(FailureReason.TRUNCATED)).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET     | /a?b=c                  | /a?b=c    | a",
                "GET     | /a//b/../c%2F%3f        | /a//b/../c%2F%3f | a",
                "GET     | http://b                | /         | b",
                "GET     | http://b/               | /         | b",
                "GET     | http://b?x=/admin       | /?x=/admin | b",
                "GET     | http://b?x=1            | /?x=1     | b",
                "GET     | http://b/s?x=http://c/d | /s?x=http://c/d | b",
                "GET     | HTTP://B:8080/s         | /s        | B:8080",
                "GET     | https://b/s             | /s        | b",
                "GET     | http://b:/s             | /s        | b:",
                "GET     | http://[2001:db8::1]:80/s | /s      | [2001:db8::1]:80",
                "GET     | http://b%41/s           | /s        | b%41",
                "OPTIONS | *                       | *         | a",
                "OPTIONS | http://b                | *         | b",
                "OPTIONS | http://b/               | /         | b"
            })
    void aTargetOfAnyFormReachesTheApiInOne(String method, String target, String uri, String host) {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(method + " " + target + " HTTP/1.1\r\nHost: a\r\n\r\n")
                            .message())
                    .startsWith("HTTP/1.1 200");

            assertThat(upstream.heads.get(0))
                    .startsWith(method + " " + uri + " HTTP/1.1\r\n")
                    .containsIgnoringCase("\r\nhost: " + host + "\r\n")
                    .doesNotContain("Host: a\r\n".repeat(host.equals("a") ? 2 : 1));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET http://",
                "GET http:///s",
                "GET http://?x",
                "GET http://u@b/s",
                "GET http://u:p@b/s",
                "GET http://b:99999/",
                "GET http://b:8a/",
                "GET http://b:1:2/",
                "GET http://[::1/",
                "GET http://[x]/",
                "GET http://b%4/",
                "GET http://b\\c/",
                "GET ftp://b/",
                "GET b/s",
                "GET b:80",
                "GET ?x",
                "GET *",
                "GET /a#b",
                "GET http://b#c",
                "CONNECT b:80",
                "CONNECT /",
                "CONNECT http://b/"
            })
    void aTargetThatCanBeReadInTwoWaysIsRefused(String line) {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(line + " HTTP/1.1\r\nHost: a\r\n\r\n").message())
                    .startsWith("HTTP/1.1 400");
            assertThat(upstream.heads).isEmpty();
        }
    }

    @Test
    void twoHostsAreRefusedInEveryForm() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send("GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
                            .message())
                    .startsWith("HTTP/1.1 400");
        }
    }

    @Test
    void manyHostsInTargetsAreOneRoute() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            for (int i = 0; i < 110; i++) {
                client.send("GET http://h" + i + "/same HTTP/1.1\r\nHost: a\r\n\r\n")
                        .message();
            }

            assertThat(gateway.registry
                            .get("sidecar.gateway.requests")
                            .tag("route", "/same")
                            .timers())
                    .hasSize(1);
            assertThat(gateway.registry.get("sidecar.gateway.requests").timers())
                    .as("that one, and the one from the start")
                    .hasSize(2);
        }
    }

    @Test
    void trailersBringNothingThatTheHeadWouldNot() {
        String request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
                + "Host: evil\r\nX-Forwarded-For: evil\r\nX_Forwarded_For: evil\r\nX-Real-IP: evil\r\n"
                + "X-Request-ID: evil\r\nAuthorization: evil\r\nCookie: evil\r\nContent-Type: evil\r\n"
                + "Content-Digest: good\r\n\r\n";
        StringBuilder got = new StringBuilder();
        try (var upstream = new RawUpstream((connection, number) -> {
                    got.append(connection.head());
                    while (!got.toString().contains("good\r\n\r\n")) {
                        got.append((char) connection.read());
                    }
                    connection.send(OK);
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send(request).message()).startsWith("HTTP/1.1 200");
            assertThat(got.toString()).contains("Content-Digest: good").doesNotContain("evil");
        }
    }

    @Test
    void whatIsMeantForTheGatewayAloneStaysThere() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                            + "HTTP2-Settings: AAMAAABk\r\n\r\n")
                    .message();
            client.send("GET / HTTP/1.1\r\nHost: a\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
                    .message();

            assertThat(upstream.heads)
                    .hasSize(2)
                    .allSatisfy(head -> assertThat(head)
                            .doesNotContainIgnoringCase("http2-settings")
                            .doesNotContainIgnoringCase("upgrade"));
        }
    }

    @Test
    void anApiThatAsksForAnotherProtocolSaysWhich() {
        try (var upstream = RawUpstream.answering(
                        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").message())
                    .startsWith("HTTP/1.1 426")
                    .containsIgnoringCase("\r\nupgrade: websocket\r\n")
                    .containsIgnoringCase("\r\nconnection: upgrade\r\n");
        }
    }

    /** HTTP/1.0 knows neither, and the API gets the request as one of HTTP/1.1. */
    @Test
    void anOldClientAsksForNoOtherProtocolAndForNoContinue() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 5\r\n\r\nhello");

            assertThat(client.untilClosed()).startsWith("HTTP/1.1 200").endsWith("ok");
            assertThat(upstream.heads.get(0))
                    .doesNotContainIgnoringCase("upgrade")
                    .doesNotContainIgnoringCase("expect")
                    .endsWith("hello");
        }
    }

    @Test
    void anOldClientThatIsToldOfAnotherProtocolIsToldThatItsConnectionGoesOn() {
        try (var upstream = RawUpstream.answering(
                        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                            .message())
                    .containsIgnoringCase("\r\nconnection: keep-alive, upgrade\r\n");
        }
    }

    @Test
    void aHeadThatIsTooLargeIsAnsweredWithAnId() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(40_000) + "\r\n\r\n")
                            .message())
                    .startsWith("HTTP/1.1 431")
                    .contains("\r\nX-Request-ID: ", "\"request_id\":\"");
        }
    }

    /** As {@code docker exec -i} does: the input ends, and the output follows. */
    @Test
    void aTunnelMayBeHalfClosed() throws Exception {
        for (boolean byClient : new boolean[] {true, false}) {
            String ask = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
            try (var upstream = new RawUpstream((connection, number) -> {
                        connection.head();
                        connection.send("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
                        if (byClient) {
                            connection.send("got " + connection.untilClosed());
                        } else {
                            connection.send("first");
                            connection.socket.shutdownOutput();
                            connection.untilClosed();
                        }
                        connection.close();
                    });
                    var gateway = GatewayServer.before(upstream.port());
                    var client = gateway.connect().send(ask)) {
                client.head();
                if (byClient) {
                    client.send("input");
                    client.socket.shutdownOutput();
                    assertThat(client.untilClosed()).isEqualTo("got input");
                } else {
                    assertThat(client.untilClosed()).isEqualTo("first");
                    client.send("last").socket.shutdownOutput();
                }
                await().until(() -> gateway.inFlight() == 0);
            }
        }
    }
}
