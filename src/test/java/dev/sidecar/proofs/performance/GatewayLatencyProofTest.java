package dev.sidecar.proofs.performance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.gateway.GatewayAddresses;
import dev.sidecar.proofs.EdgeFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;

class GatewayLatencyProofTest {

    /** An error of the gateway's own is fast, and says nothing of what it adds to a request. */
    @Test
    void onlyEqualAnswersAreCompared() throws Exception {
        HttpServer api = answering(200);
        HttpServer gateway = answering(503);
        try {
            Finding finding = new GatewayLatencyProof(
                            new GatewayAddresses(address(api), address(gateway)), EdgeFixture.at(address(gateway)))
                    .prove();

            assertThat(finding.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
            assertThat(finding.evidence()).contains("with 200 directly and with 503 through the gateway");
        } finally {
            api.stop(0);
            gateway.stop(0);
        }
    }

    private static HttpServer answering(int status) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }
}
