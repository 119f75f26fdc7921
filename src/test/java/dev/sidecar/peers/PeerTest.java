package dev.sidecar.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class PeerTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private HttpServer server;
    private volatile String asked = "";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/echo", exchange -> {
            asked = exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawQuery() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8) + " "
                    + exchange.getRequestHeaders().getFirst("Authorization");
            answer(exchange, 200, "{\"data\":[1]}");
        });
        server.createContext("/error", exchange -> answer(exchange, 422, "{\"error\":\"parse error at char 3\"}"));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void asksWithParametersThatNeedEncoding() {
        peer().get("/echo", Map.of("query", "up{job=\"a b\"} + {x}"));

        assertThat(asked).startsWith("GET query=up%7Bjob%3D%22a%20b%22%7D%20%2B%20%7Bx%7D");
    }

    @Test
    void anAnswerWithoutAnEndIsNoAnswer() {
        server.createContext("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] more = "x".repeat(65_536).getBytes(StandardCharsets.UTF_8);
            try (var body = exchange.getResponseBody()) {
                for (long sent = 0; sent <= LimitedAnswer.LONGEST; sent += more.length) {
                    body.write(more);
                }
            }
        });

        assertThatThrownBy(() -> peer().text("/endless"))
                .isInstanceOf(PeerUnavailable.class)
                .hasMessageContaining("longer than 16");
    }

    @Test
    void anAnswerThatGrowsInMemoryIsNoAnswer() {
        server.createContext(
                "/brackets", exchange -> answer(exchange, 200, "[" + "[],".repeat((int) Peer.MOST_TOKENS / 2) + "[]]"));

        assertThatThrownBy(() -> peer().get("/brackets")).isInstanceOf(PeerUnavailable.class);
    }

    /** Times that are none, words for numbers, texts for lists. */
    @Test
    void anAnswerOfAnotherShapeIsNoAnswer() {
        server.createContext(
                "/shape", exchange -> answer(exchange, 200, "{\"at\":\"yesterday\",\"many\":[1],\"number\":\"x\"}"));

        for (Function<JsonNode, ?> reading : List.<Function<JsonNode, ?>>of(
                answer -> Instant.parse(answer.path("at").stringValue()),
                answer -> answer.path("many").stringValue(),
                answer -> Double.parseDouble(answer.path("number").stringValue()),
                answer -> answer.path("at").asLong(),
                answer -> List.of().get(0))) {
            Peer peer = peer();
            assertThatThrownBy(() -> peer.understood(() -> reading.apply(peer.get("/shape"))))
                    .isInstanceOf(PeerUnavailable.class)
                    .hasMessageContaining("Prometheus at http://")
                    .hasMessageContaining("does not answer as it must");
        }
        assertThatThrownBy(() -> peer().understood(() -> peer().get("/error")))
                .isInstanceOf(PeerUnavailable.class)
                .hasMessageContaining("parse error at char 3");
    }

    @Test
    void asksWithAFormWhenTheQueryIsLong() {
        assertThat(peer().post("/echo", Map.of("query", "a+b"))
                        .path("data")
                        .path(0)
                        .asInt())
                .isEqualTo(1);
        assertThat(asked).isEqualTo("POST null query=a%2Bb null");
    }

    @Test
    void carriesItsLoginOnEveryRequest() {
        new Peer("Grafana", "x", address(), LIMIT, headers -> headers.setBasicAuth("me", "secret")).get("/echo");

        assertThat(asked).endsWith("Basic bWU6c2VjcmV0");
    }

    @Test
    void quotesWhatAnErrorSays() {
        assertThatThrownBy(() -> peer().get("/error"))
                .isInstanceOf(PeerUnavailable.class)
                .hasMessageContaining("Prometheus at http://")
                .hasMessageContaining("answered 422 to /error")
                .hasMessageContaining("parse error at char 3");
        assertThat(peer().status("/error")).isEqualTo(422);
    }

    @Test
    void saysWhatToSetWhenNobodySaidWhereItIs() {
        assertThatThrownBy(() -> new Peer("Loki", "LOKI_URL", null, LIMIT).get("/x"))
                .isInstanceOf(NotConfigured.class)
                .hasMessage("Loki is not configured: set LOKI_URL.");
    }

    @Test
    void saysThatNobodyListens() throws IOException {
        int closed = FreePort.get();
        Peer gone = new Peer("Loki", "x", URI.create("http://127.0.0.1:" + closed), LIMIT);

        assertThatThrownBy(() -> gone.get("/x"))
                .isInstanceOf(PeerUnavailable.class)
                .hasMessageContaining("gave no answer");
    }

    @Test
    void doesNotWaitLongerThanItsLimit() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Peer slow = new Peer(
                    "Loki", "x", URI.create("http://127.0.0.1:" + silent.getLocalPort()), Duration.ofMillis(200));

            assertThatThrownBy(() -> slow.get("/x")).isInstanceOf(PeerUnavailable.class);
        }
    }

    @Test
    void refusesAnAddressThatIsNone() {
        Peer.requireAddress("sidecar.x.url", null);
        Peer.requireAddress("sidecar.x.url", URI.create("https://loki.example:3100"));
        assertThatThrownBy(() -> Peer.requireAddress("sidecar.x.url", URI.create("loki:3100")))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage("sidecar.x.url is 'loki:3100', but it must be an address such as http://host:9090.");
    }

    private Peer peer() {
        return new Peer("Prometheus", "x", address(), LIMIT);
    }

    private URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
