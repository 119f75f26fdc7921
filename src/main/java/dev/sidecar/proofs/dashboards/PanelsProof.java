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
import java.util.Set;
import java.util.regex.Pattern;

final class PanelsProof implements Proof {

    /** Not a variable, and none of Grafana's own, such as {@code -- Mixed --}. */
    private static final Pattern UID = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]*");

    /** A filter's or a template's, which may look like a selector. */
    private static final Pattern TEXT = Pattern.compile("`[^`]*`");

    private static final Pattern SELECTOR = Pattern.compile("\\{\\s*\\w+\\s*(?:=~|!=|!~|=)[^}]*}");

    /** What a stream must have; one without the label also fits a negative matcher. */
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*=~?\\s*[\"`](?![\"`]|\\.\\*)");

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
                "Every query of every panel is answered and reads series that exist.",
                Duration.ofMinutes(30),
                Duration.ofMinutes(3));
    }

    @Override
    public Finding prove() {
        List<PanelQuery> queries = grafana.panelQueries();
        Set<String> sources = grafana.dataSourceUids();
        List<String> dead = new ArrayList<>();
        List<String> unasked = new ArrayList<>();
        int empty = 0;
        for (PanelQuery query : queries) {
            if (UID.matcher(query.datasource()).matches() && !sources.contains(query.datasource())) {
                dead.add("%s: Grafana has no data source '%s'".formatted(query.where(), query.datasource()));
                continue;
            }
            try {
                boolean data = query.datasource().equals("loki") ? logData(query) : metricData(query);
                empty += data ? 0 : 1;
            } catch (DeadQuery e) {
                dead.add("%s: %s".formatted(query.where(), e.getMessage()));
            } catch (PeerUnavailable e) {
                // A program that is down says nothing about the query; another proof reports it.
                (e.isRefusal() ? dead : unasked).add("%s: %s".formatted(query.where(), e.getMessage()));
            }
        }
        if (queries.isEmpty()) {
            return Finding.broken("Grafana has no panels with queries.");
        }
        if (dead.isEmpty() && !unasked.isEmpty()) {
            return Finding.inconclusive(
                            "%d of %d panel queries could not be run: %s.",
                            unasked.size(), queries.size(), unasked.get(0))
                    .with(unasked);
        }
        return (dead.isEmpty()
                        ? Finding.held(
                                "%d panel queries are answered; %d of them are empty because no such event happened.",
                                queries.size(), empty)
                        : Finding.broken("%d of %d panel queries fail: %s.", dead.size(), queries.size(), dead.get(0)))
                .with(dead);
    }

    /** A panel may rightly be empty; then the labels by which it selects its streams must exist. */
    private boolean logData(PanelQuery query) {
        Window window = Window.before(clock.instant(), SHOWN);
        if (loki.resultSize(query.expression(), window) > 0) {
            return true;
        }
        Set<String> labels = loki.labelValues(window).keySet();
        SELECTOR.matcher(TEXT.matcher(query.expression()).replaceAll("``"))
                .results()
                .flatMap(selector -> MATCHER.matcher(selector.group()).results())
                .map(matcher -> matcher.group(1))
                .filter(label -> !labels.isEmpty() && !labels.contains(label))
                .findFirst()
                .ifPresent(label -> {
                    throw new DeadQuery("no stream has a label " + label);
                });
        return false;
    }

    /** A panel may rightly be empty, such as one of errors; then the series that it reads must exist. */
    private boolean metricData(PanelQuery query) {
        if (!prometheus.query(query.expression()).isEmpty()) {
            return true;
        }
        prometheus.selectors(query.expression()).stream()
                .filter(selector -> prometheus.presence(selector) == Presence.MISSING)
                .findFirst()
                .ifPresent(selector -> {
                    throw new DeadQuery("no series " + selector);
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
