package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.support.FreePort;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A deploy of the API, in which it refuses connections for a moment. */
class RestartingApiTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @Test
    void anApiThatIsBeingRestartedCostsNoRequest() throws Exception {
        int port = FreePort.get();
        try (var gateway = GatewayServer.before(port, "timeouts.restart", "30s");
                var get = gateway.connect().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                var post = gateway.connect().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")) {
            await().until(() -> gateway.inFlight() == 2);
            await().pollDelay(Duration.ofMillis(300)).until(() -> true);
            try (var back = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
                for (int i = 0; i < 2; i++) {
                    var connection = new RawConnection(back.accept());
                    connection.message();
                    connection.send(OK);
                }
                assertThat(get.message()).endsWith("ok");
                assertThat(post.message()).endsWith("ok");
                assertThat(gateway.failures(FailureReason.REFUSED)).isZero();
            }
        }
    }

    @Test
    void anApiThatStaysAwayIsToldInTime() {
        int port = FreePort.get();
        try (var gateway = GatewayServer.before(port, "timeouts.restart", "300ms");
                var client = gateway.connect()) {
            long began = System.nanoTime();

            assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").message())
                    .startsWith("HTTP/1.1 502")
                    .contains("\"reason\":\"refused\"");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(290));
        }
    }
}
