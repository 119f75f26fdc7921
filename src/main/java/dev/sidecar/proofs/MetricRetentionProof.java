package dev.sidecar.proofs;

import dev.sidecar.rules.Prometheus;
import java.time.Duration;

final class MetricRetentionProof implements Proof {

    private final Prometheus prometheus;
    private final Duration retention;

    MetricRetentionProof(Prometheus prometheus, ProofsProperties properties) {
        this.prometheus = prometheus;
        this.retention = properties.retention();
    }

    @Override
    public Claim claim() {
        return new Claim("MET-4", Area.METRICS, "Prometheus keeps its samples as long as agreed.", Duration.ofHours(1));
    }

    @Override
    public Finding prove() {
        Duration running = prometheus.retention();
        double bytes = prometheus
                .value("sum(prometheus_tsdb_storage_blocks_bytes) + sum(prometheus_tsdb_wal_storage_size_bytes)")
                .orElse(0);
        return Finding.heldIf(
                running.equals(retention),
                "The running Prometheus keeps %s (agreed: %s); it uses %s now.",
                Words.time(running),
                Words.time(retention),
                Words.bytes(bytes));
    }
}
