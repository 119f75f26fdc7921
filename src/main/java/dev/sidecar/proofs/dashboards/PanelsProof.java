package dev.sidecar.proofs.dashboards;

import dev.sidecar.grafana.Grafana;
import dev.sidecar.grafana.PanelQuery;
import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.prometheus.Presence;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

final class PanelsProof implements Proof {

    private static final Duration SHOWN = Duration.ofHours(6);

    private final Grafana grafana;
    private final Prometheus prometheus;
    private final Loki loki;
    private final Clock clock;

    PanelsProof(Grafana grafana, Prometheus prometheus, Loki loki, Clock clock) {
        this.grafana = grafana;
        this.prometheus = prometheus;
        this.loki = loki;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "DSH-2",
                Area.DASHBOARDS,
                "Every query of every panel is answered, and from series that exist.",
                Duration.ofMinutes(30),
                Duration.ofMinutes(3));
    }

    @Override
    public Finding prove() {
        List<PanelQuery> queries = grafana.panelQueries();
        List<String> dead = new ArrayList<>();
        List<String> unasked = new ArrayList<>();
        int empty = 0;
        for (PanelQuery query : queries) {
            try {
                boolean data = query.datasource().equals("loki") ? logData(query) : metricData(query);
                empty += data ? 0 : 1;
            } catch (DeadQuery e) {
                dead.add("%s: %s".formatted(query.where(), e.getMessage()));
            } catch (PeerUnavailable e) {
                // A program that is away says nothing about the query; that is another proof's business.
                (e.isRefusal() ? dead : unasked).add("%s: %s".formatted(query.where(), e.getMessage()));
            }
        }
        if (queries.isEmpty()) {
            return Finding.broken("Grafana has no panel with a query.");
        }
        if (dead.isEmpty() && !unasked.isEmpty()) {
            return Finding.inconclusive(
                            "%d of %d panel queries could not be asked: %s.",
                            unasked.size(), queries.size(), unasked.get(0))
                    .with(unasked);
        }
        return (dead.isEmpty()
                        ? Finding.held(
                                "%d panel queries are answered; %d show nothing because nothing of the kind happened.",
                                queries.size(), empty)
                        : Finding.broken(
                                "%d of %d panel queries are dead: %s.", dead.size(), queries.size(), dead.get(0)))
                .with(dead);
    }

    private boolean logData(PanelQuery query) {
        return loki.resultSize(query.expression(), Window.before(clock.instant(), SHOWN)) > 0;
    }

    /** A panel may rightly be empty, as one of errors should be; then what it reads must exist at least. */
    private boolean metricData(PanelQuery query) {
        if (!prometheus.query(query.expression()).isEmpty()) {
            return true;
        }
        prometheus.selectors(query.expression()).stream()
                .filter(selector -> prometheus.presence(selector) == Presence.MISSING)
                .findFirst()
                .ifPresent(selector -> {
                    throw new DeadQuery("there is no series " + selector);
                });
        return false;
    }

    private static final class DeadQuery extends RuntimeException {

        private static final long serialVersionUID = 1L;

        DeadQuery(String message) {
            super(message);
        }
    }
}
