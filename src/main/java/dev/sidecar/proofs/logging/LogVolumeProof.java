package dev.sidecar.proofs.logging;

import dev.sidecar.loki.Loki;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.util.OptionalDouble;

final class LogVolumeProof implements Proof {

    private final Loki loki;
    private final Prometheus prometheus;
    private final Duration retention;

    LogVolumeProof(Loki loki, Prometheus prometheus, LoggingProofsProperties properties) {
        this.loki = loki;
        this.prometheus = prometheus;
        this.retention = properties.retention();
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-7",
                Area.LOGGING,
                "At today's rate the disk has space for all log lines until their retention ends.",
                Duration.ofHours(1));
    }

    @Override
    public Finding prove() {
        double perDay = loki.metric("sum(bytes_rate(" + loki.streams() + "[1h]))").values().stream()
                        .mapToDouble(Double::doubleValue)
                        .sum()
                * Duration.ofDays(1).toSeconds();
        if (perDay == 0) {
            return Finding.inconclusive("No log line arrived within the last hour, so there is no rate to judge.");
        }
        double forecast = perDay * retention.toDays();
        OptionalDouble free =
                prometheus.value("max(node_filesystem_avail_bytes{job!~\"satellite-.+\",mountpoint=\"/\"})");
        if (free.isEmpty()) {
            return Finding.inconclusive(
                    "%s of log lines a day, %s in %s, but the free space is unknown: no node exporter reports it.",
                    Sizes.of(perDay), Sizes.of(forecast), Durations.of(retention));
        }
        return Finding.heldIf(
                forecast < free.getAsDouble(),
                "%s a day at the last hour's rate: %s in %s before compression; %s free.",
                Sizes.of(perDay),
                Sizes.of(forecast),
                Durations.of(retention),
                Sizes.of(free.getAsDouble()));
    }
}
