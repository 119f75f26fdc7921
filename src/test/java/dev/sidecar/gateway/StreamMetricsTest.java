package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a stream lives is not how long its client waited, and a probe is no user. */
class StreamMetricsTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @ParameterizedTest
    @ValueSource(strings = {"events", "tunnel"})
    void theLifeOfAStreamIsMeasuredApart(String kind) throws Exception {
        boolean tunnel = kind.equals("tunnel");
        String answer = tunnel
                ? "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: 1\n\n";
        String asks = tunnel ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : "";
        CountDownLatch over = new CountDownLatch(1);
        try (var upstream = new RawUpstream((connection, number) -> {
                    connection.head();
                    connection.send(answer);
                    over.await(60, TimeUnit.SECONDS);
                    connection.close();
                });
                var gateway = GatewayServer.before(upstream.port());
                var client = gateway.connect()) {
            client.send("GET /live HTTP/1.1\r\nHost: a\r\n" + asks + "\r\n").head();
            await().until(() -> gateway.registry
                            .get("sidecar.gateway.streams.open")
                            .tag("kind", kind)
                            .gauge()
                            .value()
                    == 1);
            await().pollDelay(Duration.ofMillis(1500)).until(() -> true);
            over.countDown();
            client.close();
            await().until(() -> gateway.inFlight() == 0);

            var lives = gateway.registry
                    .get("sidecar.gateway.streams")
                    .tag("kind", kind)
                    .timer();
            assertThat(lives.count()).isEqualTo(1);
            assertThat(lives.max(TimeUnit.MILLISECONDS)).isGreaterThan(1400);
            assertThat(gateway.registry
                            .get("sidecar.gateway.requests")
                            .tag("route", "/live")
                            .timer()
                            .max(TimeUnit.MILLISECONDS))
                    .isLessThan(1400);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/orders, curl/8, user",
        "/orders, 'sidecar [DRILL]', drill",
        "/orders, Blackbox Exporter/0.28.0, probe",
        "/actuator/health, curl/8, probe",
        "/actuator/health/readiness, curl/8, probe",
        "/actuator/healthy, curl/8, user",
        "/healthz?full=1, curl/8, probe"
    })
    void usersProbesAndDrillsAreToldApart(String path, String agent, String client) {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = GatewayServer.before(upstream.port());
                var connection = gateway.connect()) {
            connection
                    .send("GET " + path + " HTTP/1.1\r\nHost: a\r\nUser-Agent: " + agent + "\r\n\r\n")
                    .message();

            await().until(() -> gateway.registry.get("sidecar.gateway.requests").tag("client", client).timers().stream()
                            .mapToLong(Timer::count)
                            .sum()
                    == 1);
        }
    }
}
