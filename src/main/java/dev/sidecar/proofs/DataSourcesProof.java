package dev.sidecar.proofs;

import dev.sidecar.dashboards.Grafana;
import dev.sidecar.peers.PeerUnavailable;
import java.time.Duration;
import java.util.List;
import java.util.Map;

final class DataSourcesProof implements Proof {

    private final Grafana grafana;

    DataSourcesProof(Grafana grafana) {
        this.grafana = grafana;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "DSH-1",
                Area.DASHBOARDS,
                "Grafana is up, its data sources answer, and its dashboards are there.",
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
        List<String> wrong = sources.entrySet().stream()
                .filter(source -> !source.getValue().equals("OK"))
                .map(source -> source.getKey() + ": " + source.getValue())
                .toList();
        if (!wrong.isEmpty()) {
            return Finding.broken("%s.", String.join("; ", wrong));
        }
        return Finding.heldIf(
                !sources.isEmpty() && !dashboards.isEmpty(),
                "Data sources that answer: %s. Dashboards: %s.",
                Words.list(sources.keySet()),
                Words.list(dashboards));
    }
}
