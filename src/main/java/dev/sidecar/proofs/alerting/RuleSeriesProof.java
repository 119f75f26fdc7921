package dev.sidecar.proofs.alerting;

import dev.sidecar.prometheus.Presence;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Rule;
import dev.sidecar.prometheus.Selector;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

final class RuleSeriesProof implements Proof {

    private final Prometheus prometheus;

    RuleSeriesProof(Prometheus prometheus) {
        this.prometheus = prometheus;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-3",
                Area.ALERTING,
                "Every rule reads series that exist: no alert is silent because of a wrong metric name.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        List<Rule> rules = prometheus.rules();
        if (rules.isEmpty()) {
            return Finding.broken("Prometheus has no rules.");
        }
        Map<Selector, Presence> known = new HashMap<>();
        Set<String> dead = new TreeSet<>();
        Set<String> unborn = new TreeSet<>();
        Set<String> elsewhere = new TreeSet<>();
        for (Rule rule : rules) {
            for (Selector selector : prometheus.selectors(rule.expression())) {
                switch (known.computeIfAbsent(selector, prometheus::presence)) {
                    case MISSING -> dead.add("%s reads %s, which does not exist".formatted(rule.name(), selector));
                    case UNBORN -> unborn.add("%s appears only with its first event".formatted(selector.metric()));
                    case NOT_EXPECTED ->
                        elsewhere.add("%s is read by %s; the program that exports it is not part of this stack"
                                .formatted(selector.metric(), rule.name()));
                    case LIVE -> {}
                }
            }
        }
        if (!dead.isEmpty()) {
            return Finding.broken("%d selectors match nothing: %s.", dead.size(), String.join("; ", dead))
                    .with(dead);
        }
        unborn.addAll(elsewhere);
        return Finding.held(
                        "%d rules use %d different selectors; all find series%s%s.",
                        rules.size(),
                        known.size(),
                        unborn.size() == elsewhere.size()
                                ? ""
                                : ", except %d whose metric appears only with its first event"
                                        .formatted(unborn.size() - elsewhere.size()),
                        elsewhere.isEmpty()
                                ? ""
                                : "; %d read programs that are not part of this stack".formatted(elsewhere.size()))
                .with(unborn);
    }
}
