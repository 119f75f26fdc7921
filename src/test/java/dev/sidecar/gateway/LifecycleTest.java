package dev.sidecar.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sidecar.settings.Identity;
import dev.sidecar.settings.InvalidSetting;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

/** Starting and stopping, and what the start refuses. */
class LifecycleTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final WebApplicationContextRunner application = new WebApplicationContextRunner()
            .withUserConfiguration(GatewayConfiguration.class)
            .withBean(Identity.class, () -> new Identity("test-stack", "test-host", "gateway", "test"))
            .withBean(Clock.class, Clock::systemUTC)
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new);

    @Test
    void itIsOffWhileNoUpstreamIsSet() {
        application.run(context -> assertThat(context).doesNotHaveBean(Gateway.class));
        application
                .withPropertyValues("sidecar.gateway.upstream=")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Gateway.class));
    }

    @Test
    void itListensAsSoonAsAnUpstreamIsSet() {
        try (var upstream = RawUpstream.answering(OK)) {
            application
                    .withPropertyValues(
                            "sidecar.gateway.upstream=http://localhost:" + upstream.port(), "sidecar.gateway.port=0")
                    .run(context -> {
                        try (var client =
                                RawConnection.to(context.getBean(Gateway.class).port())) {
                            assertThat(client.send(GET).message()).endsWith("ok");
                        }
                    });
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            application
                    .withPropertyValues(
                            "sidecar.gateway.upstream=http://localhost:1",
                            "sidecar.gateway.address=127.0.0.1",
                            "sidecar.gateway.port=" + taken.getLocalPort())
                    .run(context -> assertThat(context.getStartupFailure())
                            .rootCause()
                            .satisfies(ignored -> assertThat(context.getStartupFailure())
                                    .hasStackTraceContaining("sidecar.gateway.port is '" + taken.getLocalPort()
                                            + "', but it must be a free port; another program listens on it.")));
        }
    }

    @Test
    void anAddressThatIsNotOursIsNamed() {
        assertThatThrownBy(() -> GatewayServer.before(1, "address", "192.0.2.1"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageStartingWith("sidecar.gateway.address is '192.0.2.1'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api:8081",
                "localhost",
                "https://api:8081",
                "http://",
                "http:///x",
                "http://api:99999",
                "http://api:0",
                "http://api/path",
                "http://api?x",
                "http://user:secret@api",
                "http://api:port",
                "http://a b",
                "ftp://api"
            })
    void anUpstreamThatIsNoAddressIsRefused(String upstream) {
        application
                .withPropertyValues("sidecar.gateway.upstream=" + upstream)
                .run(
                        context -> assertThat(context.getStartupFailure())
                                .hasStackTraceContaining(
                                        "sidecar.gateway.upstream is '" + upstream.replace("user:secret", "***")
                                                + "', but it must be the API's address as http://host:port, without path and user."));
    }

    @ParameterizedTest
    @CsvSource({
        "port, 65536",
        "port, -1",
        "service, two words",
        "trusted-proxies, 10.0.0.0",
        "trusted-proxies, two words",
        "trusted-proxies, http://nginx",
        "trusted-proxies, example.org/8",
        "trusted-proxies, 10.0.0.0/33",
        "limits.connections, 0",
        "limits.connections-per-client, 0",
        "limits.requests-per-client, 100001",
        "limits.least-rate, 2MB",
        "limits.header-size, 10B",
        "limits.header-size, 10MB",
        "limits.body-size, -1B",
        "timeouts.connect, 0s",
        "timeouts.response, 2d",
        "timeouts.idle, -1s",
        "timeouts.head, 0s",
        "timeouts.keep-alive, 0s",
        "timeouts.slow, 0s",
        "timeouts.restart, 2m",
        "timeouts.drain, 0s"
    })
    void aWrongSettingIsRefusedByName(String name, String value) {
        assertThatThrownBy(() -> GatewayServer.properties("http://a", name, value))
                .hasStackTraceContaining("sidecar.gateway." + name + " is '");
    }

    @Test
    void whatIsBeingAnsweredMayEndWhenItStops() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (var upstream = new RawUpstream((connection, number) -> {
            connection.head();
            asked.countDown();
            goOn.await();
            connection.send(OK);
        })) {
            var gateway = GatewayServer.before(upstream.port());
            try (var idle = gateway.connect();
                    var busy = gateway.connect().send(GET)) {
                assertThat(asked.await(60, SECONDS)).isTrue();
                CompletableFuture<Void> stopping = CompletableFuture.runAsync(gateway::close);
                assertThat(idle.untilClosed()).isEmpty();
                assertThat(stopping).isNotDone();
                goOn.countDown();

                assertThat(busy.untilClosed())
                        .startsWith("HTTP/1.1 200")
                        .contains("connection: close")
                        .endsWith("ok");
                stopping.get(30, SECONDS);
            }
        }
    }

    @Test
    void whatAClientHasYetToTakeIsNotCutWhenItStops() throws Exception {
        String body = "x".repeat(16 * 1024);
        AtomicInteger asked = new AtomicInteger();
        try (var upstream = new RawUpstream((connection, number) -> {
            while (!connection.head().isEmpty()) {
                asked.incrementAndGet();
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            }
        })) {
            var gateway = GatewayServer.before(upstream.port());
            try (var client = gateway.connect()) {
                client.send(GET.repeat(2000));
                AtomicInteger before = new AtomicInteger(-1);
                await("until nothing more fits into the client's buffers")
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> asked.get() > 0 && before.getAndSet(asked.get()) == asked.get());
                CompletableFuture<Void> stopping = CompletableFuture.runAsync(gateway::close);
                await("until idle connections were closed")
                        .pollDelay(Duration.ofSeconds(1))
                        .until(() -> true);
                String all = client.untilClosed();

                assertThat(all.substring(all.indexOf("\r\n\r\n", all.lastIndexOf("HTTP/1.1 200"))))
                        .isEqualTo("\r\n\r\n" + body);
                stopping.get(30, SECONDS);
            }
        }
    }

    /** What is left when the time is over looks broken off to each client, and is counted. */
    @Test
    void whatIsHalfAnsweredIsBrokenOffWhenItStops() throws Exception {
        int clients = 30;
        try (var upstream = new RawUpstream((connection, number) -> {
            connection.head();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            connection.read();
        })) {
            var gateway = GatewayServer.before(upstream.port(), "timeouts.drain", "200ms");
            List<RawConnection> opened = new ArrayList<>();
            try {
                for (int i = 0; i < clients; i++) {
                    opened.add(gateway.connect().send(GET));
                    opened.get(i).head();
                }
                gateway.close();

                assertThat(gateway.failures(FailureReason.STOPPED)).isEqualTo(clients);
                assertThat(opened)
                        .allSatisfy(
                                client -> assertThatThrownBy(() -> client.in().readAllBytes())
                                        .isInstanceOf(SocketException.class));
            } finally {
                opened.forEach(RawConnection::close);
            }
        }
    }

    @Test
    void whatDoesNotEndIsEndedWhenItStops() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (var upstream = new RawUpstream((connection, number) -> {
            connection.head();
            asked.countDown();
            connection.read();
        })) {
            var gateway = GatewayServer.before(upstream.port(), "timeouts.drain", "200ms");
            try (var client = gateway.connect().send(GET)) {
                assertThat(asked.await(60, SECONDS)).isTrue();
                gateway.close();

                // It is told why, unless its connection is cut before that is written.
                assertThat(client.untilClosed()).matches("(?s)|HTTP/1.1 503 .*\"reason\":\"stopped\".*");
            }
            await().until(() -> gateway.port() < 0);
        }
    }
}
