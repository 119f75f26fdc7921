package dev.sidecar.proofs.metrics;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.util.OptionalDouble;

final class MetricRetentionProof implements Proof {

    /** The upper bound given in Prometheus' documentation. */
    private static final double BYTES_PER_SAMPLE = 2;

    /** Divided by the time that was watched: rate() divides by the hour, of which a new Prometheus has seen a minute. */
    private static final String RATE = "sum(rate(prometheus_tsdb_head_samples_appended_total[1h])) * 3600"
            + " / (time() - min(min_over_time(timestamp(prometheus_tsdb_head_samples_appended_total)[1h:15s])) > 30)";

    private final Prometheus prometheus;
    private final Duration retention;

    MetricRetentionProof(Prometheus prometheus, MetricsProofsProperties properties) {
        this.prometheus = prometheus;
        this.retention = properties.retention();
    }

    @Override
    public Claim claim() {
        return new Claim(
                "MET-4",
                Area.METRICS,
                "Prometheus keeps its samples for the configured time, and the disk has space for them.",
                Duration.ofHours(1));
    }

    @Override
    public Finding prove() {
        Duration running = prometheus.retention();
        double bytes = prometheus
                .value("sum(prometheus_tsdb_storage_blocks_bytes) + sum(prometheus_tsdb_wal_storage_size_bytes)")
                .orElse(0);
        OptionalDouble rate = prometheus.value(RATE);
        double samples = rate.orElse(0);
        double forecast = samples * BYTES_PER_SAMPLE * retention.toSeconds();
        OptionalDouble free =
                prometheus.value("max(node_filesystem_avail_bytes{job!~\"satellite-.+\",mountpoint=\"/\"})");
        if (running.equals(retention) && (rate.isEmpty() || free.isEmpty())) {
            return Finding.inconclusive(
                    "Prometheus keeps samples for %s, as expected, but %s, so whether they fit is not known.",
                    Durations.of(running),
                    free.isEmpty()
                            ? "no node exporter reports the free space"
                            : "it has not reported yet how many it stores");
        }
        return Finding.heldIf(
                running.equals(retention) && forecast <= free.orElse(Double.POSITIVE_INFINITY),
                "Prometheus keeps samples for %s (expected: %s). It uses %s now and, at %.0f samples/s, about %s in the end; %s.",
                Durations.of(running),
                Durations.of(retention),
                Sizes.of(bytes),
                samples,
                Sizes.of(forecast),
                free.isPresent() ? Sizes.of(free.getAsDouble()) + " free" : "the free space is unknown");
    }
}
