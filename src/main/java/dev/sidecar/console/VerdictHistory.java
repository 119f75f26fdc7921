package dev.sidecar.console;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.prometheus.Prometheus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads past verdicts from Prometheus, at most once a minute however many pages are open. */
final class VerdictHistory {

    private static final Duration FRESH = Duration.ofMinutes(1);

    private final Prometheus prometheus;
    private final Clock clock;
    private Map<String, List<Strip.Cell>> strips = Map.of();
    private Instant asked = Instant.EPOCH;

    VerdictHistory(Prometheus prometheus, Clock clock) {
        this.prometheus = prometheus;
        this.clock = clock;
    }

    /** The last day of each proof by its id; a proof without a history is absent. */
    synchronized Map<String, List<Strip.Cell>> strips() {
        Instant now = clock.instant();
        if (Duration.between(asked, now).compareTo(FRESH) > 0) {
            asked = now;
            strips = ask(now);
        }
        return strips;
    }

    private Map<String, List<Strip.Cell>> ask(Instant now) {
        Instant to = Instant.ofEpochSecond(
                Math.floorDiv(now.getEpochSecond(), Strip.STEP.toSeconds()) * Strip.STEP.toSeconds());
        Instant from = to.minus(Strip.STEP.multipliedBy(Strip.CELLS - 1L));
        Map<String, List<Strip.Cell>> found = new HashMap<>();
        try {
            prometheus
                    .history("min by (proof) (min_over_time(sidecar_proof_held[30m]))", "proof", from, to, Strip.STEP)
                    .forEach((proof, values) -> found.put(proof, Strip.of(values, from)));
        } catch (NotConfigured | PeerUnavailable e) {
            // The proofs report that themselves; the page only lacks its pictures.
            return Map.of();
        }
        return found;
    }
}
