package dev.sidecar.proofs.logging;

import dev.sidecar.loki.LogLine;
import dev.sidecar.loki.Loki;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Edge;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Patience;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

final class RequestTraceProof implements Proof {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Loki loki;
    private final Edge edge;
    private final List<String> crossed;

    RequestTraceProof(Loki loki, Edge edge, LoggingProofsProperties properties) {
        this.loki = loki;
        this.edge = edge;
        this.crossed = properties.crossed();
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-5",
                Area.LOGGING,
                "Every service that a request crosses logs it with the same ID.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() throws InterruptedException {
        if (crossed.isEmpty()) {
            throw new NotConfigured(
                    "No services are expected: list those that a request crosses in sidecar.proofs.crossed.");
        }
        if (loki.address().isEmpty()) {
            throw new NotConfigured("Loki is not configured: set LOKI_URL.");
        }
        String id = edge.request().id();
        Patience patience = new Patience(LIMIT);
        Set<String> found = patience.until(
                () -> loki.request(id, 100).stream()
                        .map(LogLine::service)
                        .collect(Collectors.toCollection(TreeSet::new)),
                services -> services.containsAll(crossed));
        Set<String> missing = new TreeSet<>(crossed);
        missing.removeAll(found);
        return missing.isEmpty()
                ? Finding.held(
                        "Request %s was found in the logs of %s after %s.", id, Finding.list(found), patience.seconds())
                : Finding.broken(
                        "Request %s is missing in the logs of %s; found in: %s.",
                        id, Finding.list(missing), Finding.list(found));
    }
}
