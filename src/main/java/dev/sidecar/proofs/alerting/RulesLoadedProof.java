package dev.sidecar.proofs.alerting;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Rule;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

final class RulesLoadedProof implements Proof {

    private static final int LEAST = 20;
    private static final Duration FRESH = Duration.ofMinutes(2);

    private final Prometheus prometheus;
    private final Clock clock;

    RulesLoadedProof(Prometheus prometheus, Clock clock) {
        this.prometheus = prometheus;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-2",
                Area.ALERTING,
                "At least 20 alerting rules are loaded, healthy, and were evaluated within the last 2 minutes.",
                Duration.ofMinutes(2));
    }

    @Override
    public Finding prove() {
        List<Rule> rules = prometheus.rules();
        long alerting = rules.stream().filter(Rule::alerting).count();
        List<String> wrong = rules.stream()
                .filter(rule -> !rule.healthy()
                        || Duration.between(rule.lastEvaluation(), clock.instant())
                                        .compareTo(FRESH)
                                > 0)
                .map(rule -> rule.name() + (rule.healthy() ? " was not evaluated recently" : ": " + rule.error()))
                .toList();
        if (!wrong.isEmpty()) {
            return Finding.broken("%d of %d rules: %s.", wrong.size(), rules.size(), String.join("; ", wrong));
        }
        return Finding.heldIf(alerting >= LEAST, "%d alerting rules of %d rules are healthy.", alerting, rules.size());
    }
}
