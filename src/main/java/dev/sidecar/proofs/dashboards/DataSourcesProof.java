package dev.sidecar.proofs.dashboards;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.grafana.Grafana;
import dev.sidecar.loki.Loki;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

final class DataSourcesProof implements Proof {

    private final Grafana grafana;
    private final Prometheus prometheus;
    private final Loki loki;
    private final Alertmanager alertmanager;

    DataSourcesProof(Grafana grafana, Prometheus prometheus, Loki loki, Alertmanager alertmanager) {
        this.grafana = grafana;
        this.prometheus = prometheus;
        this.loki = loki;
        this.alertmanager = alertmanager;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "DSH-1",
                Area.DASHBOARDS,
                "Grafana is up, its data sources answer, and its dashboards exist.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        Map<String, String> sources;
        List<String> dashboards;
        try {
            sources = grafana.dataSources();
            dashboards = grafana.dashboards();
        } catch (PeerUnavailable e) {
            return Finding.broken("%s", e.getMessage());
        }
        List<String> wrong = new ArrayList<>();
        List<String> away = new ArrayList<>();
        sources.forEach((source, health) -> {
            if (!health.equals("OK")) {
                (isAway(source) ? away : wrong).add(source + ": " + health);
            }
        });
        if (!wrong.isEmpty()) {
            return Finding.broken("%s.", String.join("; ", wrong));
        }
        if (!away.isEmpty()) {
            return Finding.inconclusive(
                    "The sidecar cannot reach these either, so Grafana is not the cause: %s.", String.join("; ", away));
        }
        return Finding.heldIf(
                !sources.isEmpty() && !dashboards.isEmpty(),
                "Data sources that answer: %s. Dashboards: %s.",
                Finding.list(sources.keySet()),
                Finding.list(dashboards));
    }

    /** The program behind a data source does not answer the sidecar either; other proofs report that. */
    private boolean isAway(String source) {
        try {
            switch (source.toLowerCase(Locale.ROOT)) {
                case "prometheus" -> prometheus.query("vector(1)");
                case "loki" -> loki.configuration();
                case "alertmanager" -> alertmanager.config();
                default -> {}
            }
            return false;
        } catch (NotConfigured | PeerUnavailable e) {
            return true;
        }
    }
}
