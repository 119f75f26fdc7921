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
import java.util.HashSet;
import java.util.LinkedHashSet;
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
        Map<String, Set<Selector>> recorded = new HashMap<>();
        for (Rule rule : rules) {
            if (!rule.alerting()) {
                recorded.computeIfAbsent(rule.name(), name -> new LinkedHashSet<>())
                        .addAll(prometheus.selectors(rule.expression()));
            }
        }
        Map<Selector, Presence> known = new HashMap<>();
        Set<String> dead = new TreeSet<>();
        Set<String> unborn = new TreeSet<>();
        Set<String> elsewhere = new TreeSet<>();
        for (Rule rule : rules) {
            for (Selector selector : prometheus.selectors(rule.expression())) {
                switch (known.computeIfAbsent(selector, each -> presence(each, recorded))) {
                    case MISSING -> dead.add("%s reads %s, which does not exist".formatted(rule.name(), selector));
                    case UNBORN ->
                        unborn.add("%s appears only with its first event, or with a newer program"
                                .formatted(selector.metric()));
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
                                : ", except %d whose metric appears only after its first event, or in a newer version"
                                        .formatted(unborn.size() - elsewhere.size()),
                        elsewhere.isEmpty()
                                ? ""
                                : "; %d read programs that are not part of this stack".formatted(elsewhere.size()))
                .with(unborn);
    }

    /** A recorded series waits for its first event like what it is recorded from, such as the first request of a user. */
    private Presence presence(Selector selector, Map<String, Set<Selector>> recorded) {
        Presence presence = prometheus.presence(selector);
        return presence == Presence.MISSING && waits(selector.metric(), recorded, new HashSet<>())
                ? Presence.UNBORN
                : presence;
    }

    private boolean waits(String metric, Map<String, Set<Selector>> recorded, Set<String> seen) {
        return seen.add(metric)
                && (prometheus.isBornAtFirstEvent(metric)
                        || recorded.getOrDefault(metric, Set.of()).stream()
                                .anyMatch(read -> waits(read.metric(), recorded, seen)));
    }
}
