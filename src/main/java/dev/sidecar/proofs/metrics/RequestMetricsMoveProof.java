package dev.sidecar.proofs.metrics;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Edge;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Patience;
import dev.sidecar.proofs.Proof;
import java.time.Duration;

final class RequestMetricsMoveProof implements Proof {

    private static final String REQUESTS = "sum(sidecar_gateway_requests_seconds_count)";
    private static final Duration LIMIT = Duration.ofSeconds(45);

    private final Prometheus prometheus;
    private final Edge edge;

    RequestMetricsMoveProof(Prometheus prometheus, Edge edge) {
        this.prometheus = prometheus;
        this.edge = edge;
    }

    @Override
    public Claim claim() {
        return new Claim("MET-6", Area.METRICS, "Prometheus counts a request sent now.", Duration.ofMinutes(10));
    }

    @Override
    public Finding prove() throws InterruptedException {
        double before = prometheus.value(REQUESTS).orElse(0);
        String id = edge.request();
        Patience patience = new Patience(LIMIT);
        double after = patience.until(() -> prometheus.value(REQUESTS).orElse(0), count -> count > before);
        return Finding.heldIf(
                after > before,
                "The gateway had counted %.0f requests before request %s, and %.0f after it (%s).",
                before,
                id,
                after,
                patience.seconds());
    }
}
