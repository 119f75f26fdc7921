package dev.sidecar.proofs.security;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Sample;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

final class CertificateProof implements Proof {

    /** A probe that gets no connection reports no certificate either. */
    private static final String UNSEEN =
            "probe_success{instance=~\"https://.+\"} unless on (instance) probe_ssl_earliest_cert_expiry";

    private static final int LEAST_DAYS = 14;

    private final Prometheus prometheus;

    CertificateProof(Prometheus prometheus) {
        this.prometheus = prometheus;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-3",
                Area.SECURITY,
                "Every probed certificate stays valid for more than 14 days.",
                Duration.ofHours(1));
    }

    @Override
    public Finding prove() {
        List<Sample> days = prometheus.query("(probe_ssl_earliest_cert_expiry - time()) / 86400");
        Optional<Sample> soonest = days.stream().min(Comparator.comparing(Sample::value));
        List<String> unseen = prometheus.query(UNSEEN).stream()
                .map(sample -> sample.labels().getOrDefault("instance", "?"))
                .sorted()
                .toList();
        if (!unseen.isEmpty()
                && soonest.filter(sample -> sample.value() <= LEAST_DAYS).isEmpty()) {
            return Finding.inconclusive(
                    "The probes of %s fail, so their certificates were not seen.", Finding.list(unseen));
        }
        Sample first = soonest.orElseThrow(() -> new NotConfigured(
                "No certificate is probed: give the edge a certificate, or add an https address to the probes."));
        return Finding.heldIf(
                first.value() > LEAST_DAYS,
                "%d certificates probed; the first to expire, of %s, is valid for %.0f more days.",
                days.size(),
                first.labels().getOrDefault("instance", "?"),
                first.value());
    }
}
