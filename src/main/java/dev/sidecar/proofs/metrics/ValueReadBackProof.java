package dev.sidecar.proofs.metrics;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.OptionalDouble;

final class ValueReadBackProof implements Proof {

    private static final double ROUNDING = 0.01;

    private final Prometheus prometheus;
    private final MeterRegistry registry;

    ValueReadBackProof(Prometheus prometheus, MeterRegistry registry) {
        this.prometheus = prometheus;
        this.registry = registry;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "MET-2",
                Area.METRICS,
                "Prometheus stores the same value that the sidecar exports.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        double exported = registry.get("process.start.time").timeGauge().value(java.util.concurrent.TimeUnit.SECONDS);
        OptionalDouble stored = prometheus.value("process_start_time_seconds{job=\"sidecar\"}");
        if (stored.isEmpty()) {
            return Finding.broken("Prometheus has no process_start_time_seconds for the job sidecar.");
        }
        return Finding.heldIf(
                Math.abs(exported - stored.getAsDouble()) < ROUNDING,
                "process_start_time_seconds is %.3f here and %.3f in Prometheus.",
                exported,
                stored.getAsDouble());
    }
}
