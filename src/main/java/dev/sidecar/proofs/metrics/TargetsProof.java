package dev.sidecar.proofs.metrics;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Target;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

final class TargetsProof implements Proof {

    private static final Duration INTERVAL = Duration.ofSeconds(15);
    private static final Duration SLACK = Duration.ofSeconds(5);

    private final Prometheus prometheus;
    private final Clock clock;

    TargetsProof(Prometheus prometheus, Clock clock) {
        this.prometheus = prometheus;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "MET-1",
                Area.METRICS,
                "Every expected target exists, is up, and was scraped within the last 15 s.",
                Duration.ofMinutes(1));
    }

    @Override
    public Finding prove() {
        Set<String> expected = prometheus.expectedTargets();
        List<Target> targets = prometheus.targets();
        if (expected.isEmpty()) {
            throw new NotConfigured("No targets are expected: list the scrape jobs in sidecar.rules.expected-targets.");
        }
        Instant now = clock.instant();
        List<String> wrong = new ArrayList<>();
        Set<String> missing = new TreeSet<>(expected);
        for (Target target : targets) {
            missing.remove(target.job());
            Duration age = Duration.between(target.lastScrape(), now);
            if (!target.up()) {
                wrong.add("%s (%s) is down: %s".formatted(target.job(), target.instance(), target.error()));
            } else if (target.interval().compareTo(INTERVAL) > 0 && expected.contains(target.job())) {
                wrong.add("%s is scraped only every %s".formatted(target.job(), Durations.of(target.interval())));
            } else if (age.compareTo(target.interval().plus(SLACK)) > 0) {
                wrong.add("%s was last scraped %s ago".formatted(target.job(), Durations.of(age)));
            }
        }
        missing.forEach(job -> wrong.add(0, "%s is missing".formatted(job)));
        return wrong.isEmpty()
                ? Finding.held("%d targets of %d jobs are up and fresh.", targets.size(), expected.size())
                : Finding.broken("%s.", String.join("; ", wrong));
    }
}
