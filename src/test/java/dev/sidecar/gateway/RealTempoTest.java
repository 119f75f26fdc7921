package dev.sidecar.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.loki.LokiFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.proofs.logging.LoggingProofsFixture;
import dev.sidecar.support.StackImage;
import dev.sidecar.tempo.StoredSpan;
import dev.sidecar.tempo.Tempo;
import dev.sidecar.tempo.TempoFixture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.MountableFile;

/** The gateway's spans in the real Tempo, configured and limited as in the stack. Loki is played. */
@Tag("docker")
@Tag("images")
class RealTempoTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private static GenericContainer<?> container;
    private static Tempo tempo;
    private static String receiver;

    @BeforeAll
    static void start() {
        container = new GenericContainer<>(StackImage.of("tempo"))
                .withCopyFileToContainer(MountableFile.forHostPath("tempo/tempo.yml", 0644), "/etc/tempo/tempo.yml")
                .withCommand("-config.file=/etc/tempo/tempo.yml", "-config.expand-env=true")
                .withEnv(Map.of("TRACES_RETENTION", "72h", "GOMEMLIMIT", "220MiB"))
                .withCreateContainerCmdModifier(create -> create.getHostConfig()
                        .withMemory(320L * 1024 * 1024)
                        .withSecurityOpts(List.of("no-new-privileges:true")))
                .withExposedPorts(3200, 4318)
                .waitingFor(Wait.forHttp("/ready").forPort(3200).withStartupTimeout(Duration.ofMinutes(2)));
        container.start();
        String host = "http://" + container.getHost() + ":";
        tempo = TempoFixture.at(URI.create(host + container.getMappedPort(3200)));
        receiver = host + container.getMappedPort(4318);
    }

    @AfterAll
    static void stop() {
        container.stop();
    }

    private static GatewayServer gateway(RawUpstream upstream) {
        return GatewayServer.before(upstream.port(), "tracing.endpoint", receiver);
    }

    @Test
    void aSpanIsFoundByItsTraceWithItsParent() {
        try (var upstream = RawUpstream.answering(OK);
                var gateway = gateway(upstream);
                var client = gateway.connect()) {
            assertThat(tempo.trace("4bf92f3577b34da6a3ce929d0e0e4700")).isEmpty();
            client.send("GET /orders/17 HTTP/1.1\r\nHost: a\r\ntraceparent: 00-" + TRACE
                            + "-00f067aa0ba902b7-01\r\n\r\n")
                    .message();

            await().atMost(30, SECONDS).until(() -> !tempo.trace(TRACE).isEmpty());

            assertThat(tempo.trace(TRACE)).singleElement().satisfies(span -> {
                assertThat(span).isEqualTo(new StoredSpan("gateway", span.id(), "00f067aa0ba902b7"));
                assertThat(upstream.heads.get(0)).contains("00-" + TRACE + "-" + span.id() + "-01");
            });
        }
    }

    @Test
    void theProofFindsWhatItPlanted() throws Exception {
        HttpServer loki = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        byte[] lines = """
                {"status":"success","data":{"resultType":"streams","result":[
                  {"stream":{"service":"gateway"},"values":[["1795858456000000000","{}"]]}]}}""".getBytes(StandardCharsets.UTF_8);
        loki.createContext("/", exchange -> {
            try (exchange) {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, lines.length);
                exchange.getResponseBody().write(lines);
            }
        });
        loki.start();
        try (var upstream = RawUpstream.answering(OK);
                var gateway = gateway(upstream)) {
            URI own = URI.create("http://127.0.0.1:" + gateway.port());

            Finding finding = LoggingProofsFixture.storedTrace(
                            tempo,
                            LokiFixture.at(
                                    URI.create("http://127.0.0.1:"
                                            + loki.getAddress().getPort()),
                                    "test-stack"),
                            new GatewayAddresses(own, own),
                            own.resolve("/health"),
                            List.of("gateway"))
                    .prove();

            assertThat(finding.evidence()).startsWith("Trace ").contains("with 1 spans of gateway");
            assertThat(finding.verdict()).isEqualTo(Verdict.HELD);
        } finally {
            loki.stop(0);
        }
    }
}
