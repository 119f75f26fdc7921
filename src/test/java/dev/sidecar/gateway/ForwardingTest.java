package dev.sidecar.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.ShippedNginx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.SynchronousQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and answers pass byte by byte: the gateway loses, adds and changes nothing but what it must. */
class ForwardingTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @Test
    void aRequestArrivesAsItWasSentPlusWhoAskedAndItsId() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send(
                    "GET /a%2Fb/%C3%A9/..%2f;p=1//c?q=%20&r=a+b&empty= HTTP/1.1\r\nHost: api.example:8443\r\n"
                            + "Cookie: a=1; b=\"2\"\r\nAuthorization: Bearer x\r\nX-Request-ID: demo-1\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n");

            assertThat(client.message()).isEqualTo("""
                    HTTP/1.1 200 OK\r
                    Content-Length: 2\r
                    X-Request-ID: demo-1\r
                    \r
                    ok""");
            assertThat(upstream.heads)
                    .map(head -> head.replaceFirst("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", "a trace"))
                    .containsExactly("""
                    GET /a%2Fb/%C3%A9/..%2f;p=1//c?q=%20&r=a+b&empty= HTTP/1.1\r
                    Host: api.example:8443\r
                    Cookie: a=1; b="2"\r
                    Authorization: Bearer x\r
                    X-Twice: 1\r
                    X-Twice: 2\r
                    X-Forwarded-For: 127.0.0.1\r
                    X-Forwarded-Proto: http\r
                    X-Forwarded-Host: api.example:8443\r
                    Forwarded: for=127.0.0.1;host="api.example:8443";proto=http\r
                    X-Request-ID: demo-1\r
                    traceparent: a trace\r
                    \r
                    """);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH"})
    void everyMethodPasses(String method) {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send(method + " /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");

            assertThat(client.message()).endsWith("ok");
            assertThat(upstream.heads.get(0))
                    .startsWith(method + " /x HTTP/1.1\r\n")
                    .endsWith("\r\n\r\nhello");
        }
    }

    @Test
    void redirectsCookiesAndOddBytesComeBackUntouched() {
        String answer =
                "HTTP/1.1 302 Gefunden\r\nLocation: http://internal:8081/x?a=%20#f\r\nSet-Cookie: a=1; Path=/; HttpOnly\r\n"
                        + "Set-Cookie: b=2; Domain=x\r\nX-Name: M\u00fcnchen \u00e9\r\nContent-Length: 0\r\n";
        try (var upstream = RawUpstream.answering(answer + "\r\n");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET /caf\u00e9 HTTP/1.1\r\nHost: a\r\nX-Name: \u00fc\r\nX-Request-ID: i\r\n\r\n");

            assertThat(client.head()).isEqualTo(answer + "X-Request-ID: i\r\n\r\n");
            assertThat(upstream.heads.get(0))
                    .startsWith("GET /caf\u00e9 HTTP/1.1\r\n")
                    .contains("X-Name: \u00fc\r\n");
        }
    }

    @Test
    void headersOfOneHopEndHereInBothDirections() {
        try (var upstream = RawUpstream.answering(
                        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\n"
                                + "Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Theirs: 2\r\nContent-Length: 0\r\n\r\n");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send(
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Secret, Host, Content-Length\r\nX-Secret: 1\r\n"
                            + "Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nTE: gzip, trailers\r\n"
                            + "Upgrade: h2c\r\nContent-Length: 0\r\nX-Kept: 2\r\n\r\n");

            assertThat(client.head())
                    .contains("X-Theirs: 2\r\n")
                    .doesNotContainIgnoringCase("x-mine")
                    .doesNotContainIgnoringCase("keep-alive")
                    .doesNotContainIgnoringCase("connection")
                    .doesNotContainIgnoringCase("upgrade")
                    .doesNotContainIgnoringCase("proxy-");
            assertThat(upstream.heads.get(0))
                    .contains("Host: a\r\n", "Content-Length: 0\r\n", "X-Kept: 2\r\n")
                    .doesNotContain("X-Secret", "Keep-Alive", "roxy-", "gzip", "Upgrade", "onnection");
        }
    }

    @Test
    void nobodyButATrustedProxyTellsTheApiWhoAsks() {
        String forged = Hops.TOLD_BY_PROXIES.stream()
                .map(name -> name + ": forged\r\n")
                .collect(Collectors.joining(
                        "",
                        "GET / HTTP/1.1\r\nHost: a\r\nX_Real_IP: forged\r\nX-Forwarded_For: forged\r\nx_request_id: forged\r\n"
                                + "X-Forwarded-Anything: forged\r\nx_forwarded_else: forged\r\nbaggage: user=forged\r\n",
                        "\r\n"));
        try (var upstream = RawUpstream.answering(OK);
                var wary = GatewayServer.before(upstream.port(), "trusted-proxies", "192.0.2.0/24");
                var stranger = wary.connect()) {
            stranger.send(forged).message();

            assertThat(upstream.heads.get(0)).doesNotContain("forged");
        }
    }

    @Test
    void aTrustedProxysTraceGoesOnAndAnotherClientsIsBegunAnew() {
        String told =
                "GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                        + "tracestate: vendor=1\r\nbaggage: user=1\r\n\r\n";
        try (var upstream = RawUpstream.answering(OK);
                var trusting = GatewayServer.before(upstream.port());
                var wary = GatewayServer.before(
                        upstream.port(), "trusted-proxies", "192.0.2.0/24", "tracing.sampling", "0");
                var known = trusting.connect();
                var stranger = wary.connect()) {
            known.send(told).message();
            stranger.send(told).message();

            assertThat(upstream.heads.get(0))
                    .containsPattern("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01\r\n")
                    .contains("tracestate: vendor=1\r\n", "baggage: user=1\r\n")
                    .doesNotContain("00f067aa0ba902b7");
            assertThat(upstream.heads.get(1))
                    .containsPattern("traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\n")
                    .doesNotContain("4bf92f3577b34da6a3ce929d0e0e4736", "tracestate", "baggage");
        }
    }

    @Test
    void throughTheEdgeOnlyTheLoadBalancersTraceGoesOn(@TempDir Path alone, @TempDir Path behind) {
        String told = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n"
                + "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: vendor=1\r\nbaggage: user=1\r\n\r\n";
        String balancer = "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n";
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var nginx = new ShippedNginx(alone, gateway.port(), Map.of());
                var nginxBehind = new ShippedNginx(behind, gateway.port(), Map.of("limits.zones", balancer));
                var stranger = RawConnection.to(nginx.port());
                var known = RawConnection.to(nginxBehind.port())) {
            stranger.send(told).message();
            known.send(told).message();

            assertThat(upstream.heads.get(0))
                    .containsPattern("traceparent: 00-[0-9a-f]{32}-")
                    .doesNotContain("4bf92f3577b34da6a3ce929d0e0e4736", "tracestate", "baggage");
            assertThat(upstream.heads.get(1))
                    .contains(
                            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-",
                            "tracestate: vendor=1\r\n",
                            "baggage: user=1\r\n");
        }
    }

    /** These tell nginx to ask somewhere else, ten times over, to fill its disk or to send slowly. */
    @Test
    void nginxDoesNothingThatAnAnswerTellsIt(@TempDir Path edge) {
        String orders =
                "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /elsewhere\r\nX-Accel-Buffering: yes\r\nX-Accel-Limit-Rate: 1\r\n"
                        + "X-Accel-Charset: utf-7\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
        try (var upstream = RawUpstream.answering(orders);
                var gateway = GatewayServer.before(upstream.port());
                var nginx = new ShippedNginx(edge, gateway.port(), Map.of());
                var client = RawConnection.to(nginx.port())) {
            String answer = client.send("GET / HTTP/1.1\r\nHost: api\r\n\r\n").message();

            assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("ok").doesNotContain("X-Accel", "utf-7");
            assertThat(upstream.heads).hasSize(1);
        }
    }

    /** The gateway trusts the stack's nginx, so what nginx passes on counts. */
    @Test
    void nginxReplacesOrClearsEachHeaderThatTellsWhoAsks() throws IOException {
        String configuration = Files.readString(Path.of("nginx/nginx.conf"));

        assertThat(Hops.TOLD_BY_PROXIES)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(configuration)
                        .containsPattern("(?m)^ +proxy_set_header \\Q" + name + "\\E (\"\"|\\$http_host);$"));
    }

    @Test
    void aTrustedProxysWordIsKeptAndAnotherClientsIsNot() {
        String told =
                "GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 9.9.9.9, 10.0.0.7\r\nX-Forwarded-Proto: https\r\n"
                        + "X-Forwarded-Host: outer\r\nForwarded: for=9.9.9.9\r\nX-Real-IP: 9.9.9.9\r\n\r\n";
        try (var upstream = RawUpstream.answering(OK);
                var trusting = GatewayServer.before(upstream.port());
                var wary = GatewayServer.before(upstream.port(), "trusted-proxies", "192.0.2.0/24");
                var known = trusting.connect();
                var stranger = wary.connect()) {
            known.send(told).message();
            stranger.send(told).message();

            assertThat(upstream.heads.get(0))
                    .contains(
                            "X-Forwarded-For: 9.9.9.9, 10.0.0.7, 127.0.0.1\r\n",
                            "X-Forwarded-Proto: https\r\n",
                            "X-Forwarded-Host: outer\r\n",
                            "Forwarded: for=9.9.9.9, for=127.0.0.1;host=\"inner\";proto=http\r\n",
                            "X-Real-IP: 9.9.9.9\r\n");
            assertThat(upstream.heads.get(1))
                    .contains(
                            "X-Forwarded-For: 127.0.0.1\r\n",
                            "X-Forwarded-Proto: http\r\n",
                            "X-Forwarded-Host: inner\r\n",
                            "Forwarded: for=127.0.0.1;host=\"inner\";proto=http\r\n")
                    .doesNotContain("9.9.9.9", "outer");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Request-ID: two words\r\n",
                "X-Request-ID: a\r\nX-Request-ID: a\r\n",
                "X-Request-ID: \u00e9\r\n",
                "X-Request-ID:\r\n",
                ""
            })
    void anIdThatIsNoneIsReplacedForBothSides(String header) {
        try (var upstream =
                        RawUpstream.answering("HTTP/1.1 200 OK\r\nX-Request-ID: theirs\r\nContent-Length: 0\r\n\r\n");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            String answer = client.send("GET / HTTP/1.1\r\nHost: a\r\n" + header + "\r\n")
                    .head();

            assertThat(answer)
                    .containsPattern(
                            "\r\nX-Request-ID: [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\r\n");
            String id = answer.replaceAll("(?s).*X-Request-ID: (\\S+).*", "$1");
            assertThat(answer).containsOnlyOnce("X-Request-ID");
            assertThat(upstream.heads.get(0)).containsOnlyOnce("X-Request-ID").contains("X-Request-ID: " + id + "\r\n");
        }
    }

    @Test
    void answersWithoutABodyHaveNoneAndTheConnectionGoesOn() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: \"x\"\r\n\r\n");
                    connection.head();
                    connection.send("HTTP/1.1 204 No Content\r\n\r\n");
                    connection.head();
                    connection.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n");
                    connection.head();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    connection.head();
                    connection.send(OK);
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            String rest = " / HTTP/1.1\r\nHost: a\r\nX-Request-ID: i\r\n\r\n";
            assertThat(client.send("HEAD" + rest).head())
                    .isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: \"x\"\r\nX-Request-ID: i\r\n\r\n");
            assertThat(client.send("GET" + rest).head())
                    .isEqualTo("HTTP/1.1 204 No Content\r\nX-Request-ID: i\r\n\r\n");
            assertThat(client.send("GET" + rest).head())
                    .isEqualTo("HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nX-Request-ID: i\r\n\r\n");
            assertThat(client.send("HEAD" + rest).head()).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(client.send("GET" + rest).message()).endsWith("\r\n\r\nok");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void chunksAndTrailersPassInBothDirections() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    String head = connection.head();
                    // Small chunks that come together are joined.
                    String body = connection.body("b\r\nhello world\r\n0\r\nX-Sum: 1\r\n\r\n".length());
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Check\r\n\r\n");
                    connection.send("3\r\n" + body.substring(3, 6) + "\r\n0\r\nX-Check: " + body.contains("X-Sum: 1")
                            + "\r\n\r\n");
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                    + "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n");

            assertThat(client.head())
                    .containsIgnoringCase("\r\ntransfer-encoding: chunked\r\n")
                    .contains("\r\nTrailer: X-Check\r\n");
            String body = "3\r\nhel\r\n0\r\nX-Check: true\r\n\r\n";
            assertThat(client.body(body.length())).isEqualTo(body);
        }
    }

    @Test
    void anAnswerThatEndsWithItsConnectionIsPutInChunks() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.0 200 OK\r\n\r\nall there is");
                    connection.close();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

            assertThat(client.untilClosed())
                    .containsIgnoringCase("transfer-encoding: chunked\r\n")
                    .contains("all there is")
                    .endsWith("\r\n0\r\n\r\n");
        }
    }

    @Test
    void anOldClientGetsNoChunks() {
        try (var upstream = RawUpstream.answering(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

            assertThat(client.untilClosed()).endsWith("\r\n\r\nabcde").doesNotContainIgnoringCase("chunked");
            assertThat(upstream.heads.get(0)).containsIgnoringCase("\r\nhost: 127.0.0.1:" + upstream.port() + "\r\n");
        }
    }

    @Test
    void anOldClientMayKeepItsConnection() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                                .message())
                        .containsIgnoringCase("\r\nconnection: keep-alive\r\n")
                        .endsWith("ok");
            }
            assertThat(client.send("GET / HTTP/1.0\r\n\r\n").untilClosed()).endsWith("ok");
        }
    }

    @Test
    void theWholeAddressInARequestBecomesPathAndHost() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET http://b.example:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n")
                    .message();

            assertThat(upstream.heads.get(0))
                    .startsWith("GET /p?q HTTP/1.1\r\n")
                    .containsIgnoringCase("\r\nhost: b.example:81\r\n");
        }
    }

    @Test
    void requestsSentInOneGoAreAnsweredInTheirOrder() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    for (String head = connection.message(); !head.isEmpty(); head = connection.message()) {
                        String path = head.split(" ")[1];
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + path.length() + "\r\n\r\n" + path);
                    }
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 500; i++) {
                all.append("POST /").append(i).append(" HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
            }
            client.send(all.toString());

            for (int i = 0; i < 500; i++) {
                assertThat(client.message()).endsWith("\r\n\r\n/" + i);
            }
        }
    }

    @Test
    void aClientThatWaitsFor100ContinueGetsItFromTheUpstream() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    assertThat(connection.head()).containsIgnoringCase("\r\nexpect: 100-continue\r\n");
                    connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                    String body = connection.body(5);
                    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body);
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.head()).startsWith("HTTP/1.1 100 Continue\r\n");
            client.send("hello");
            assertThat(client.head()).startsWith("HTTP/1.1 103 Early Hints\r\n").contains("Link: </a>\r\n");
            assertThat(client.message()).startsWith("HTTP/1.1 200 OK\r\n").endsWith("hello");
        }
    }

    @Test
    void aRefusalBeforeTheBodyReachesAClientThatStillSends() {
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
                    connection.read();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");

            assertThat(client.untilClosed())
                    .startsWith("HTTP/1.1 401 Unauthorized\r\n")
                    .containsIgnoringCase("\r\nconnection: close\r\n")
                    .endsWith("\r\n\r\nno");
        }
    }

    /** Event streams: each event arrives before the next is even made. */
    @Test
    void everyEventIsPassedOnAtOnce() throws Exception {
        SynchronousQueue<String> events = new SynchronousQueue<>();
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                    while (true) {
                        String event = events.take();
                        connection.send(Integer.toHexString(event.length()) + "\r\n" + event + "\r\n");
                    }
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            assertThat(client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n").head())
                    .startsWith("HTTP/1.1 200");
            for (int i = 0; i < 5; i++) {
                String event = "data: " + i + "\n\n";
                assertThat(events.offer(event, 20, SECONDS)).isTrue();
                String chunk = Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
                assertThat(client.body(chunk.length())).isEqualTo(chunk);
            }
        }
    }

    @Test
    void connectionsToTheUpstreamAreUsedAgain() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port())) {
            for (int i = 0; i < 20; i++) {
                try (var client = gateway.connect()) {
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").message();
                }
            }
            assertThat(upstream.heads).hasSize(20);
            // Not more than one for each event loop.
            assertThat(upstream.connections.size())
                    .isLessThanOrEqualTo(Runtime.getRuntime().availableProcessors());
            await().until(() -> gateway.inFlight() == 0);
        }
    }
}
