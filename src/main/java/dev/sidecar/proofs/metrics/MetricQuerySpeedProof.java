package dev.sidecar.proofs.metrics;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;

final class MetricQuerySpeedProof implements Proof {

    private static final Duration LIMIT = Duration.ofMillis(100);
    private static final int TRIES = 3;

    private final Prometheus prometheus;

    MetricQuerySpeedProof(Prometheus prometheus) {
        this.prometheus = prometheus;
    }

    @Override
    public Claim claim() {
        return new Claim("MET-5", Area.METRICS, "An instant query takes less than 100 ms.", Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        Duration best = Duration.ofDays(1);
        for (int i = 0; i < TRIES; i++) {
            long began = System.nanoTime();
            prometheus.query("sum by (job) (rate(scrape_samples_scraped[5m]))");
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            best = took.compareTo(best) < 0 ? took : best;
        }
        return Finding.heldIf(
                best.compareTo(LIMIT) < 0,
                "A rate query over all scrape jobs took %d ms (best of %d).",
                best.toMillis(),
                TRIES);
    }
}
