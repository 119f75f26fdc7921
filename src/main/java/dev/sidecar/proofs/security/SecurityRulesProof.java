package dev.sidecar.proofs.security;

import dev.sidecar.prometheus.Presence;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Rule;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.List;

final class SecurityRulesProof implements Proof {

    private static final int LEAST = 8;

    private final Prometheus prometheus;

    SecurityRulesProof(Prometheus prometheus) {
        this.prometheus = prometheus;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-2",
                Area.SECURITY,
                "Alerts cover failed logins, rate limits and unauthorized access: the rules are healthy and read live series.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        List<Rule> rules = prometheus.rules().stream()
                .filter(rule -> "security".equals(rule.labels().get("category")))
                .toList();
        List<String> dead = rules.stream()
                .filter(rule -> !rule.healthy()
                        || prometheus.selectors(rule.expression()).stream()
                                .anyMatch(selector -> prometheus.presence(selector) == Presence.MISSING))
                .map(Rule::name)
                .toList();
        if (!dead.isEmpty()) {
            return Finding.broken("Security rules that cannot fire: %s.", Finding.list(dead));
        }
        return Finding.heldIf(
                rules.size() >= LEAST, "%d rules of category security are healthy and read live series.", rules.size());
    }
}
