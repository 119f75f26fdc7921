package dev.sidecar.proofs.logging;

import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import dev.sidecar.text.Sizes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;

final class LogVolumeProof implements Proof {

    private static final Duration HOUR = Duration.ofHours(1);

    /** A start writes many lines at once: they are not taken for what comes all day. */
    private static final Duration LEAST_WATCHED = Duration.ofMinutes(10);

    private final Loki loki;
    private final Prometheus prometheus;
    private final Duration retention;
    private final Clock clock;

    LogVolumeProof(Loki loki, Prometheus prometheus, LoggingProofsProperties properties, Clock clock) {
        this.loki = loki;
        this.prometheus = prometheus;
        this.retention = properties.retention();
        this.clock = clock;
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
        Duration watched = watched();
        // Loki divides by the whole hour, of which a new stack has seen some minutes.
        double most = forecast * HOUR.toSeconds() / watched.toSeconds();
        OptionalDouble free =
                prometheus.value("max(node_filesystem_avail_bytes{job!~\"satellite-.+\",mountpoint=\"/\"})");
        if (free.isEmpty()) {
            return Finding.inconclusive(
                    "%s of log lines a day, %s in %s, but the free space is unknown: no node exporter reports it.",
                    Sizes.of(perDay), Sizes.of(forecast), Durations.of(retention));
        }
        if (forecast < free.getAsDouble() && most >= free.getAsDouble()) {
            return Finding.inconclusive(
                    "Lines have arrived for %s only, too short to tell whether %s or %s come together in %s; %s free.",
                    Durations.of(watched),
                    Sizes.of(forecast),
                    Sizes.of(most),
                    Durations.of(retention),
                    Sizes.of(free.getAsDouble()));
        }
        return Finding.heldIf(
                forecast < free.getAsDouble(),
                "%s a day at the last hour's rate: %s in %s before compression; %s free.",
                Sizes.of(perDay),
                Sizes.of(forecast),
                Durations.of(retention),
                Sizes.of(free.getAsDouble()));
    }

    /** How much of the last hour there were lines. */
    private Duration watched() {
        Instant now = clock.instant();
        Duration since = loki.oldest(loki.streams(), Window.before(now, HOUR))
                .map(line -> Duration.between(line.time(), now))
                .orElse(LEAST_WATCHED);
        return since.compareTo(LEAST_WATCHED) < 0 ? LEAST_WATCHED : since;
    }
}
