package dev.sidecar.proofs.logging;

import dev.sidecar.gateway.GatewayAddresses;
import dev.sidecar.hosts.Hosts;
import dev.sidecar.loki.Loki;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.EdgeFixture;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.tempo.Tempo;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Makes proofs of logging for tests in other rooms. */
public final class LoggingProofsFixture {

    private LoggingProofsFixture() {}

    /** With the patience of the product. */
    public static Proof storedTrace(Tempo tempo, Loki loki, GatewayAddresses gateway, URI edge, List<String> traced) {
        return new StoredTraceProof(
                tempo,
                loki,
                gateway,
                EdgeFixture.at(edge),
                Clock.systemUTC(),
                new LoggingProofsProperties(List.of(), traced, Map.of(), Duration.ofDays(30)));
    }

    public static Proof otherHostsLines(Loki loki, Hosts hosts) {
        return new OtherHostsLinesProof(loki, hosts, Clock.systemUTC());
    }

    public static Proof retention(Loki loki, Duration retention) {
        return new LogRetentionProof(
                loki, new LoggingProofsProperties(List.of(), List.of(), Map.of(), retention), Clock.systemUTC());
    }

    public static Proof labels(Loki loki) {
        return new LogLabelsProof(loki, Clock.systemUTC());
    }

    public static Proof sources(Loki loki, Map<String, Duration> sources) {
        return new LogSourcesProof(
                loki,
                new LoggingProofsProperties(List.of(), List.of(), sources, Duration.ofDays(30)),
                Clock.systemUTC());
    }

    /** With a retention of 30 days. */
    public static Finding volume(Loki loki, Prometheus prometheus) {
        return new LogVolumeProof(
                        loki,
                        prometheus,
                        new LoggingProofsProperties(List.of(), List.of(), Map.of(), Duration.ofDays(30)),
                        Clock.systemUTC())
                .prove();
    }

    public static Proof nothingDropped(Loki loki, Prometheus prometheus) {
        return new NothingDroppedProof(loki, prometheus);
    }
}
