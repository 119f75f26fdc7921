package dev.sidecar.proofs.metrics;

import dev.sidecar.hosts.Hosts;
import dev.sidecar.hosts.Satellite;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Sample;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;

@ConditionalOnProperty("sidecar.hosts.enabled")
final class OtherHostsProof implements Proof {

    /** A host pushes every 15 s, and Prometheus scrapes the relay as often. */
    private static final double OLDEST_SECONDS = 60;

    private static final double LEAST_FREE = 0.05;
    private static final double PERCENT = 100;

    private final Prometheus prometheus;
    private final Hosts hosts;

    OtherHostsProof(Prometheus prometheus, Hosts hosts) {
        this.prometheus = prometheus;
        this.hosts = hosts;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "MET-8",
                Area.METRICS,
                "Every added host pushes its metrics: its targets are up, its clock is right, and its disk has space.",
                Duration.ofMinutes(1));
    }

    @Override
    public Finding prove() {
        List<Satellite> trusted =
                hosts.all().stream().filter(Satellite::isTrusted).toList();
        if (trusted.isEmpty()) {
            throw new NotConfigured("No other host pushes here: set SATELLITES=1 and run 'sidecar host add NAME'.");
        }
        List<String> wrong = new ArrayList<>();
        List<String> right = new ArrayList<>();
        for (Satellite satellite : trusted) {
            List<String> objections = new ArrayList<>();
            String seen = look(satellite.name(), objections);
            if (objections.isEmpty()) {
                right.add(satellite.name() + ": " + seen);
            } else {
                wrong.add(satellite.name() + ": " + String.join(", ", objections));
            }
        }
        List<String> lines = new ArrayList<>(wrong);
        lines.addAll(right);
        return (wrong.isEmpty()
                        ? Finding.held("%d hosts push: %s.", right.size(), String.join("; ", right))
                        : Finding.broken("%s.", String.join("; ", wrong)))
                .with(lines);
    }

    /** @param host a name of letters, digits, dots and dashes */
    private String look(String host, List<String> objections) {
        String targets = "up{host=\"%s\",job=~\"satellite-.+\"}".formatted(host);
        List<Sample> ups = prometheus.query(targets);
        OptionalDouble age = prometheus.value("time() - min(timestamp(%s))".formatted(targets));
        if (age.isEmpty()) {
            objections.add("no metrics within the last five minutes");
            return "";
        }
        if (age.getAsDouble() > OLDEST_SECONDS) {
            objections.add("its metrics are %.0f s old".formatted(age.getAsDouble()));
        }
        ups.stream()
                .filter(up -> up.value() != 1)
                .forEach(up -> objections.add(up.labels().getOrDefault("service", "a target") + " is down"));
        OptionalDouble offset =
                prometheus.value("sidecar_relay_clock_offset_seconds{satellite=\"%s\",job=\"relay\"}".formatted(host));
        if (offset.isEmpty()) {
            objections.add("the relay has no figure for its clock");
        } else if (Math.abs(offset.getAsDouble()) > OLDEST_SECONDS) {
            objections.add("its clock, or its queue, is %.0f s %s"
                    .formatted(Math.abs(offset.getAsDouble()), offset.getAsDouble() > 0 ? "ahead" : "behind"));
        }
        String root = "{host=\"%s\",job=\"satellite-node\",mountpoint=\"/\"}".formatted(host);
        OptionalDouble free =
                prometheus.value("min(node_filesystem_avail_bytes%s / node_filesystem_size_bytes%1$s)".formatted(root));
        if (free.isEmpty()) {
            objections.add("no metrics of its disk");
        } else if (free.getAsDouble() < LEAST_FREE) {
            objections.add("%.0f %% of its disk is free".formatted(free.getAsDouble() * PERCENT));
        }
        return objections.isEmpty()
                ? "%d targets up, newest sample %.0f s from our clock, %.0f %% of / free"
                        .formatted(ups.size(), Math.abs(offset.getAsDouble()), free.getAsDouble() * PERCENT)
                : "";
    }
}
