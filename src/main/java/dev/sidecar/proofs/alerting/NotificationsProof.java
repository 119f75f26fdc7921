package dev.sidecar.proofs.alerting;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Sample;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.List;

final class NotificationsProof implements Proof {

    private final Prometheus prometheus;

    NotificationsProof(Prometheus prometheus) {
        this.prometheus = prometheus;
    }

    @Override
    public Claim claim() {
        return new Claim("ALR-7", Area.ALERTING, "No notification failed within the last hour.", Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        List<Sample> failures = prometheus.query(
                "sum by (integration, reason) (increase(alertmanager_notifications_failed_total[1h])) > 0");
        double sent = prometheus
                .value("sum(increase(alertmanager_notifications_total[1h]))")
                .orElse(Double.NaN);
        if (Double.isNaN(sent)) {
            return Finding.inconclusive("Prometheus has no alertmanager_notifications_total.");
        }
        List<String> lines = failures.stream()
                .map(sample -> "%s: %.0f failed (%s)"
                        .formatted(
                                sample.labels().get("integration"),
                                sample.value(),
                                sample.labels().get("reason")))
                .toList();
        return lines.isEmpty()
                ? Finding.held("Of %.0f notifications within the last hour none failed.", sent)
                : Finding.broken("%s.", String.join("; ", lines));
    }
}
