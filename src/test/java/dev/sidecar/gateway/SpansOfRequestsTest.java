package dev.sidecar.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.support.TraceReceiver;
import dev.sidecar.support.TraceReceiver.Received;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Each sampled request is one span at whoever keeps traces, and no request waits for that. */
@ExtendWith(OutputCaptureExtension.class)
class SpansOfRequestsTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String GET =
            "GET /orders/17?card=4111 HTTP/1.1\r\nHost: shop.example\r\nCookie: s=secret\r\n\r\n";
    private static final String TOLD =
            "GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-%s\r\n\r\n";

    /** A test before this one may have left a sender that waits for its answer. */
    @BeforeEach
    void nothingIsLeft() {
        await().atMost(90, SECONDS).until(() -> threads().isEmpty());
    }

    private static GatewayServer gateway(RawUpstream upstream, String endpoint, String... more) {
        String[] settings = new String[more.length + 4];
        settings[0] = "tracing.endpoint";
        settings[1] = endpoint;
        settings[2] = "tracing.sampling";
        settings[3] = "1";
        System.arraycopy(more, 0, settings, 4, more.length);
        return GatewayServer.before(upstream.port(), settings);
    }

    private static Received only(TraceReceiver receiver) {
        await().atMost(30, SECONDS).until(() -> receiver.spans.size() == 1);
        return receiver.spans.get(0);
    }

    private static double dropped(GatewayServer gateway, String reason) {
        return gateway.registry
                .get("sidecar.gateway.spans.dropped")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private static double sent(GatewayServer gateway) {
        return gateway.registry.get("sidecar.gateway.spans.sent").counter().count();
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("gateway-spans"))
                .toList();
    }

    @Test
    void aRequestIsOneSpanWhoseIdTheLogLineAndTheApiHave(CapturedOutput output) {
        try (var receiver = new TraceReceiver();
                var upstream = RawUpstream.answering(OK);
                var gateway = gateway(upstream, receiver.endpoint());
                var client = gateway.connect()) {
            client.send(GET).message();

            Received span = only(receiver);

            assertThat(span.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_SERVER);
            assertThat(span.span().getName()).isEqualTo("GET /orders/{id}");
            assertThat(span.parentId()).isEmpty();
            assertThat(upstream.heads.get(0))
                    .contains("traceparent: 00-" + span.traceId() + "-" + span.spanId() + "-01\r\n");
            assertThat(output).contains(span.traceId(), span.spanId());
            assertThat(span.attributes())
                    .isEqualTo(Map.ofEntries(
                            Map.entry("http.request.method", "GET"),
                            Map.entry("http.route", "/orders/{id}"),
                            Map.entry("http.response.status_code", "200"),
                            Map.entry("http.request.body.size", "0"),
                            Map.entry("http.response.body.size", "2"),
                            Map.entry("url.path", "/orders/17"),
                            Map.entry("url.scheme", "http"),
                            Map.entry("server.address", "test-host"),
                            Map.entry("sidecar.client", "user")));
            assertThat(span.resource())
                    .containsEntry("service.name", "gateway")
                    .containsEntry("service.namespace", "test-stack")
                    .containsEntry("deployment.environment.name", "test");
            assertThat(span.span().getEndTimeUnixNano())
                    .isGreaterThan(span.span().getStartTimeUnixNano());
            await().until(() -> sent(gateway) == 1);
        }
    }

    @Test
    void aTrustedPeersTraceGoesOnAndItsFlagDecides() {
        try (var receiver = new TraceReceiver();
                var upstream = RawUpstream.answering(OK);
                var gateway = gateway(
                        upstream,
                        receiver.endpoint(),
                        "trusted-proxies",
                        "192.0.2.0/24",
                        "tracing.trusted-peers",
                        "127.0.0.0/8");
                var client = gateway.connect()) {
            client.send(TOLD.formatted("00")).message();
            client.send(TOLD.formatted("01")).message();

            Received span = only(receiver);

            assertThat(span.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
            assertThat(span.parentId()).isEqualTo("00f067aa0ba902b7");
            assertThat(upstream.heads.get(1)).contains("-" + span.spanId() + "-01\r\n");
            // Nothing else of what such a peer says is believed.
            assertThat(upstream.heads.get(1)).contains("X-Forwarded-For: 127.0.0.1\r\n");
        }
    }

    @Test
    void theShareOfNewTracesIsKept() {
        try (var receiver = new TraceReceiver();
                var upstream = RawUpstream.answering(OK);
                var none = gateway(upstream, receiver.endpoint(), "tracing.sampling", "0");
                var some = gateway(upstream, receiver.endpoint(), "tracing.sampling", "0.3");
                var client = none.connect();
                var other = some.connect()) {
            for (int i = 0; i < 200; i++) {
                client.send(GET).message();
                other.send(GET).message();
            }
            List<String> marked = upstream.heads.stream()
                    .flatMap(head -> Pattern.compile("00-[0-9a-f]{32}-([0-9a-f]{16})-01")
                            .matcher(head)
                            .results()
                            .map((MatchResult found) -> found.group(1)))
                    .toList();

            assertThat(marked).hasSizeBetween(20, 110);
            await().atMost(30, SECONDS)
                    .untilAsserted(() -> assertThat(receiver.spans)
                            .extracting(Received::spanId)
                            .containsExactlyInAnyOrderElementsOf(marked));
        }
    }

    @Test
    void whatFailsIsAnErrorWithTheGatewaysReasonAndAClientsMistakeIsNot() {
        try (var receiver = new TraceReceiver();
                var away = gateway(
                        RawUpstream.answering(OK),
                        receiver.endpoint(),
                        "upstream",
                        "http://127.0.0.1:1",
                        "timeouts.restart",
                        "0s");
                var client = away.connect();
                var wrong = away.connect()) {
            client.send(GET).message();
            await().atMost(30, SECONDS).until(() -> receiver.spans.size() == 1);
            wrong.send("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n").message();
            await().atMost(30, SECONDS).until(() -> receiver.spans.size() == 2);

            Received failed = receiver.spans.get(0);
            Received refused = receiver.spans.get(1);
            assertThat(failed.attributes())
                    .containsEntry("error.type", "refused")
                    .containsEntry("http.response.status_code", "502");
            assertThat(failed.span().getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
            assertThat(refused.attributes())
                    .containsEntry("error.type", "bad_request")
                    .containsEntry("http.response.status_code", "400");
            assertThat(refused.span().getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_UNSET);
        }
    }

    @Test
    void aHostileClientPutsNothingButAShortPathAndMethodIntoASpan() {
        try (var receiver = new TraceReceiver();
                var upstream = RawUpstream.answering(OK);
                var gateway = gateway(upstream, receiver.endpoint());
                var client = gateway.connect()) {
            client.send(
                    "X".repeat(60) + " /" + "p".repeat(3000) + "/%00%ff?token=hush HTTP/1.1\r\nHost: " + "h".repeat(60)
                            + "\r\nUser-Agent: agent-hush\r\nX-Forwarded-For: 6.6.6.6\r\nX-Request-ID: id-hush\r\nbaggage: k=hush\r\n\r\n");
            client.message();

            Received span = only(receiver);

            assertThat(span.attributes().get("url.path")).hasSize(1024).startsWith("/ppp");
            assertThat(span.attributes())
                    .containsEntry("http.request.method", "_OTHER")
                    .containsEntry("http.request.method_original", "X".repeat(32));
            assertThat(span.span().toString()).doesNotContain("hush", "hhhh", "6.6.6.6");
            assertThat(span.span().getSerializedSize()).isLessThan(2000);
        }
    }

    @Test
    void aFullQueueDropsAndCountsAndHoldsUpNoRequest() {
        try (var receiver = new TraceReceiver();
                var upstream = RawUpstream.answering(OK);
                var gateway = gateway(upstream, receiver.endpoint(), "tracing.queue", "10", "tracing.timeout", "20s");
                var client = gateway.connect()) {
            receiver.hold();
            client.send(GET).message();
            await().atMost(30, SECONDS).until(() -> receiver.requests.get() == 1);

            long began = System.nanoTime();
            for (int i = 0; i < 500; i++) {
                client.send(GET).message();
            }

            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            await().untilAsserted(
                            () -> assertThat(dropped(gateway, "queue_full")).isEqualTo(490));
            assertThat(threads()).hasSizeLessThanOrEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 404, 429, 500, 503})
    void aRefusalIsCountedAndToldOnceAndItsEndToo(int status, CapturedOutput output) {
        try (var receiver = new TraceReceiver();
                var upstream = RawUpstream.answering(OK);
                var gateway =
                        gateway(upstream, receiver.endpoint(), "tracing.token", "t0ps3cret", "tracing.timeout", "5s");
                var client = gateway.connect()) {
            receiver.answer(status);
            for (int batch = 1; batch <= 3; batch++) {
                client.send(GET).message();
                int all = batch;
                await().atMost(30, SECONDS).until(() -> dropped(gateway, "not_delivered") == all);
            }
            receiver.answer(200);
            client.send(GET).message();
            only(receiver);
            await().atMost(30, SECONDS).until(() -> output.getAll().contains("spans are delivered again"));

            assertThat(output.getAll().split("spans are not delivered", -1)).hasSize(2);
            assertThat(output).contains("it answered " + status).doesNotContain("t0ps3cret", "Failed to export");
            assertThat(receiver.authorizations).containsOnly("Bearer t0ps3cret");
        }
    }

    @Test
    void aReceiverThatIsAwayIsToldOnceAndFoundAgain(CapturedOutput output) {
        int port;
        try (var receiver = new TraceReceiver()) {
            port = receiver.port();
        }
        try (var upstream = RawUpstream.answering(OK);
                var gateway = gateway(upstream, "http://127.0.0.1:" + port, "tracing.timeout", "300ms");
                var client = gateway.connect()) {
            client.send(GET).message();
            await().atMost(30, SECONDS).until(() -> dropped(gateway, "not_delivered") == 1);
            client.send(GET).message();
            await().atMost(30, SECONDS).until(() -> dropped(gateway, "not_delivered") == 2);
            try (var receiver = new TraceReceiver(port)) {
                client.send(GET).message();
                only(receiver);
            }

            assertThat(output.getAll().split("spans are not delivered", -1)).hasSize(2);
        }
    }

    /** The JDK's client limits only the wait for the head of an answer. */
    @Test
    void anAnswerWithoutEndHoldsOneThreadAndNoMore() throws Exception {
        Queue<RawConnection> unended = new ConcurrentLinkedQueue<>();
        try (var drip = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var upstream = RawUpstream.answering(OK);
                var gateway = gateway(upstream, "http://127.0.0.1:" + drip.getLocalPort(), "tracing.timeout", "300ms");
                var client = gateway.connect()) {
            Thread accepting = new Thread(() -> {
                try {
                    while (true) {
                        RawConnection connection = new RawConnection(drip.accept());
                        unended.add(connection);
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx");
                    }
                } catch (IOException e) {
                    // The test is over.
                }
            });
            accepting.setDaemon(true);
            accepting.start();

            for (int batch = 1; batch <= 4; batch++) {
                client.send(GET).message();
                int all = batch;
                await().atMost(30, SECONDS).until(() -> dropped(gateway, "not_delivered") == all);
                assertThat(threads()).hasSizeLessThanOrEqualTo(2);
            }
        } finally {
            // The sender would wait for its end, and the tests after this one for the sender.
            unended.forEach(RawConnection::close);
        }
    }

    @Test
    void whatWaitsIsSentWhenTheGatewayStops() {
        try (var receiver = new TraceReceiver();
                var upstream = RawUpstream.answering(OK)) {
            try (var gateway = gateway(upstream, receiver.endpoint());
                    var client = gateway.connect()) {
                client.send(GET).message();
            }

            assertThat(receiver.spans).hasSize(1);
            await().atMost(60, SECONDS).until(() -> threads().isEmpty());
        }
    }

    @Test
    void withoutAnEndpointNothingRuns() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port(), "tracing.sampling", "1", "tracing.endpoint", "");
                var client = gateway.connect()) {
            client.send(GET).message();

            assertThat(threads()).isEmpty();
            assertThat(sent(gateway)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "traces:4318",
                "ftp://traces:4318",
                "http://user:word@traces:4318",
                "http://traces:4318/v1/traces",
                "http://traces:4318/v1/traces/",
                "http://traces:4318?x=1",
                "http://traces:99999",
                "http://tra ces"
            })
    void anAddressThatCannotWorkStopsTheStart(String endpoint) {
        assertThatThrownBy(() -> GatewayServer.properties("http://api:1", "tracing.endpoint", endpoint))
                .hasRootCauseInstanceOf(InvalidSetting.class)
                .rootCause()
                .hasMessageContaining("sidecar.gateway.tracing.endpoint");
    }

    @Test
    void aTokenThatNoHeaderCanHoldStopsTheStartAndIsNotPrinted() {
        assertThatThrownBy(() -> GatewayServer.properties("http://api:1", "tracing.token", "hu\nsh"))
                .hasRootCauseInstanceOf(InvalidSetting.class)
                .satisfies(failure -> {
                    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                        if (cause instanceof InvalidSetting) {
                            assertThat(cause).hasMessageContaining("sidecar.gateway.tracing.token");
                            assertThat(cause.getMessage()).doesNotContain("hu\nsh");
                        }
                    }
                });
    }
}
