package dev.sidecar.proofs.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sidecar.gateway.GatewayAddresses;
import dev.sidecar.loki.LokiFixture;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.proofs.EdgeFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.tempo.TempoFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TRC-1 plants a request and finds its trace, or names what is missing. Gateway, API, Tempo and Loki are one server that plays them. */
class StoredTraceProofTest {

    private static final String GATEWAY_SPAN = "1111111111111111";
    private static final String API_SPAN = "2222222222222222";

    private HttpServer server;
    private URI address;
    private volatile String planted = "";
    private volatile boolean keeps = true;
    private volatile boolean continues = true;
    private volatile String parentOfApi = GATEWAY_SPAN;
    private volatile List<String> withSpans = List.of("gateway", "api");
    private volatile List<String> withLines = List.of("gateway", "api", "postgres");

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.createContext("/health", exchange -> {
            planted = exchange.getRequestHeaders().getFirst("traceparent");
            answer(exchange, 200, "{}");
        });
        server.createContext("/api/v2/traces/", exchange -> answer(exchange, 200, trace(exchange)));
        server.createContext("/loki/api/v1/query_range", exchange -> answer(exchange, 200, lines(exchange)));
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    /** As Tempo 3.0.3 answers: ids in base 64, a trace that it does not have as an empty one. */
    private String trace(HttpExchange exchange) {
        String asked = exchange.getRequestURI().getPath().replaceFirst(".*/", "");
        if (!keeps || !asked.equals(planted.split("-")[1])) {
            return "{\"trace\":{},\"metrics\":{}}";
        }
        String drill = continues ? planted.split("-")[2] : "";
        return "{\"trace\":{\"resourceSpans\":["
                + withSpans.stream()
                        .map(service -> service.equals("gateway")
                                ? span(service, GATEWAY_SPAN, drill)
                                : span(service, API_SPAN, parentOfApi))
                        .collect(Collectors.joining(","))
                + "]},\"metrics\":{}}";
    }

    private static String span(String service, String id, String parent) {
        return """
                {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"%s"}}]},"scopeSpans":[{"scope":{},\
                "spans":[{"traceId":"S/kvNXezTaajzpKdDg5HNg==","spanId":"%s","parentSpanId":"%s","name":"GET /health"}]}]}\
                """.formatted(service, base64(id), base64(parent));
    }

    private static String base64(String hex) {
        return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
    }

    private String lines(HttpExchange exchange) {
        boolean about = exchange.getRequestURI().getQuery().contains(planted.split("-")[1]);
        return "{\"status\":\"success\",\"data\":{\"resultType\":\"streams\",\"result\":["
                + (about ? withLines : List.<String>of())
                        .stream()
                                .map(service -> "{\"stream\":{\"service\":\"" + service
                                        + "\"},\"values\":[[\"1795858456000000000\",\"{}\"]]}")
                                .collect(Collectors.joining(","))
                + "]}}";
    }

    private StoredTraceProof proof(@Nullable URI loki, @Nullable URI upstream, URI gateway) {
        return new StoredTraceProof(
                TempoFixture.at(address),
                LokiFixture.at(loki, "shop"),
                new GatewayAddresses(upstream, gateway),
                EdgeFixture.at(address.resolve("/health")),
                Clock.systemUTC(),
                new LoggingProofsProperties(List.of(), List.of("gateway", "api"), Map.of(), Duration.ofDays(30)),
                Duration.ofMillis(600));
    }

    private Finding drilled() throws InterruptedException {
        return proof(address, address, address).prove();
    }

    @Test
    void aPlantedTraceIsFoundWithItsSpansAndLines() throws InterruptedException {
        Finding finding = drilled();

        assertThat(finding.verdict()).isEqualTo(Verdict.HELD);
        assertThat(planted).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
        assertThat(finding.evidence())
                .startsWith("Trace " + planted.split("-")[1]
                        + " was found with 2 spans of api, gateway and the log lines of");
    }

    @Test
    void aTraceThatNobodyKeepsIsBrokenAndSaysWhereToLook() throws InterruptedException {
        keeps = false;

        assertThat(drilled().verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(drilled().evidence()).contains("sidecar.gateway.tracing.endpoint", "trusted-peers");
    }

    @Test
    void aProgramWithoutASpanIsNamed() throws InterruptedException {
        withSpans = List.of("gateway");

        assertThat(drilled().evidence()).contains("has no span of api", "found: gateway");
    }

    /** Whoever can send spans can name thousands of services in a trace. */
    @Test
    void theEvidenceNamesSomeServicesOnly() throws InterruptedException {
        withSpans = Stream.concat(
                        Stream.of("gateway"),
                        IntStream.range(0, 500).mapToObj(i -> "x%03d%s".formatted(i, "y".repeat(500))))
                .toList();

        assertThat(drilled().evidence())
                .contains("has no span of api", "and 491 more")
                .hasSizeLessThan(2000);
    }

    @Test
    void spansOfAnotherParentAreNoTrace() throws InterruptedException {
        parentOfApi = "3333333333333333";

        assertThat(drilled().evidence()).contains("falls apart", "of api");
    }

    @Test
    void aGatewayThatBeganAnotherTraceIsNotBelowTheDrill() throws InterruptedException {
        continues = false;

        assertThat(drilled().evidence()).contains("falls apart", "of gateway");
    }

    @Test
    void aProgramWhoseLinesDoNotNameTheTraceIsNamed() throws InterruptedException {
        withLines = List.of("gateway");

        assertThat(drilled().verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(drilled().evidence()).contains("no log line of api names it");
    }

    @Test
    void whatIsNotThereIsNotCalledBroken() {
        assertThatThrownBy(() -> proof(null, address, address).prove()).isInstanceOf(NotConfigured.class);
        assertThatThrownBy(() -> proof(address, null, address).prove()).isInstanceOf(NotConfigured.class);
        assertThatThrownBy(() -> proof(address, address, URI.create("http://127.0.0.1:1"))
                        .prove())
                .isInstanceOf(PeerUnavailable.class);
    }
}
