package dev.sidecar.proofs.metrics;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Sample;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Edge;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Patience;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.springframework.beans.factory.annotation.Autowired;

final class RequestMetricsMoveProof implements Proof {

    private static final String REQUESTS =
            "sum by (client, status) (sidecar_gateway_requests_seconds_count{method=\"GET\"})";

    /** With these statuses the gateway counts a request as a user's, whoever sends it. */
    private static final Set<String> COUNTED_AS_USERS = Set.of("401", "403", "429");

    private static final Duration LIMIT = Duration.ofSeconds(45);

    private final Prometheus prometheus;
    private final Edge edge;
    private final Duration limit;

    @Autowired
    RequestMetricsMoveProof(Prometheus prometheus, Edge edge) {
        this(prometheus, edge, LIMIT);
    }

    RequestMetricsMoveProof(Prometheus prometheus, Edge edge, Duration limit) {
        this.prometheus = prometheus;
        this.edge = edge;
        this.limit = limit;
    }

    @Override
    public Claim claim() {
        return new Claim("MET-6", Area.METRICS, "Prometheus counts a request sent now.", Duration.ofMinutes(10));
    }

    @Override
    public Finding prove() throws InterruptedException {
        List<Sample> all = prometheus.query(REQUESTS);
        Edge.Asked asked = edge.request();
        double before = likeOurs(all, asked);
        Patience patience = new Patience(limit);
        double after = patience.until(() -> likeOurs(prometheus.query(REQUESTS), asked), count -> count > before);
        return Finding.heldIf(
                after > before,
                "The gateway had counted %.0f requests of drills before request %s, and %.0f after it (%s).",
                before,
                asked.id(),
                after,
                patience.seconds());
    }

    /** The requests of users say nothing of this one. */
    private static double likeOurs(List<Sample> counts, Edge.Asked asked) {
        String status = String.valueOf(asked.status());
        boolean asUser = COUNTED_AS_USERS.contains(status);
        return counts.stream()
                .filter(count ->
                        (asUser ? "user" : "drill").equals(count.labels().get("client")))
                .filter(count -> !asUser || status.equals(count.labels().get("status")))
                .mapToDouble(Sample::value)
                .sum();
    }
}
