package dev.sidecar.proofs.performance;

import dev.sidecar.gateway.GatewayAddresses;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Edge;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;

/** Requests the API directly and through the gateway in turn, so that both meet the same load, and compares the medians. */
final class GatewayLatencyProof implements Proof {

    private static final double MOST_MS = 5;
    private static final int WARM_UP = 5;
    private static final int PAIRS = 25;
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final double NANOS_PER_MS = 1e6;

    private final GatewayAddresses gateway;
    private final Edge edge;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(LIMIT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    GatewayLatencyProof(GatewayAddresses gateway, Edge edge) {
        this.gateway = gateway;
        this.edge = edge;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "PRF-2",
                Area.PERFORMANCE,
                "The gateway adds less than 5 ms to a request (median).",
                Duration.ofMinutes(15),
                Duration.ofMinutes(3));
    }

    @Override
    public Finding prove() throws InterruptedException {
        URI upstream = gateway.upstream();
        if (upstream == null) {
            throw new NotConfigured("The gateway is off: set sidecar.gateway.upstream to the address of your API.");
        }
        String path = edge.path();
        URI direct = URI.create(upstream + path);
        URI through = URI.create(gateway.own() + path);
        double[] directly = new double[PAIRS];
        double[] throughGateway = new double[PAIRS];
        for (int i = -WARM_UP; i < PAIRS; i++) {
            Timed first = request(direct);
            Timed second = request(through);
            if (first.status() != second.status()) {
                return Finding.inconclusive(
                        "The API answered %s with %d directly and with %d through the gateway, so their times cannot be compared.",
                        path, first.status(), second.status());
            }
            if (i >= 0) {
                directly[i] = first.ms();
                throughGateway[i] = second.ms();
            }
        }
        double added = median(throughGateway) - median(directly);
        return Finding.heldIf(
                added < MOST_MS,
                "%d requests to %s each way, in turn: median %.2f ms directly and %.2f ms through the gateway, so %.2f ms added.",
                PAIRS,
                path,
                median(directly),
                median(throughGateway),
                Math.max(0, added));
    }

    private record Timed(int status, double ms) {}

    private Timed request(URI address) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(LIMIT)
                .header("User-Agent", "sidecar [DRILL]")
                .build();
        long began = System.nanoTime();
        try {
            int status = client.send(request, BodyHandlers.discarding()).statusCode();
            return new Timed(status, (System.nanoTime() - began) / NANOS_PER_MS);
        } catch (IOException e) {
            throw new PeerUnavailable("%s did not answer: %s".formatted(address, e));
        }
    }

    private static double median(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
