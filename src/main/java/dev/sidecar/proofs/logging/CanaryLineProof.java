package dev.sidecar.proofs.logging;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.sidecar.loki.LogLine;
import dev.sidecar.loki.Loki;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Patience;
import dev.sidecar.proofs.Proof;
import dev.sidecar.settings.Identity;
import dev.sidecar.text.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

final class CanaryLineProof implements Proof {

    private static final Logger log = LoggerFactory.getLogger(CanaryLineProof.class);
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Loki loki;
    private final Identity identity;

    CanaryLineProof(Loki loki, Identity identity) {
        this.loki = loki;
        this.identity = identity;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-2",
                Area.LOGGING,
                "A log line written now is found in Loki within 10 s, with its level, labels and fields.",
                Duration.ofMinutes(2));
    }

    @Override
    public boolean isForOneOnly() {
        return true;
    }

    @Override
    public Finding prove() throws InterruptedException {
        if (loki.address().isEmpty()) {
            throw new NotConfigured("Loki is not configured: set LOKI_URL.");
        }
        String id = UuidCreator.getTimeOrderedEpoch().toString();
        Patience patience = new Patience(LIMIT);
        try (MDC.MDCCloseable canary = MDC.putCloseable("request_id", id)) {
            log.info("canary [DRILL]");
        }
        List<LogLine> found;
        try {
            found = patience.until(() -> loki.request(id, 10), lines -> !lines.isEmpty());
        } catch (dev.sidecar.peers.PeerUnavailable e) {
            return Finding.broken("Cannot search for the line: %s", e.getMessage());
        }
        if (found.isEmpty()) {
            return Finding.broken(
                    "The line written with request_id %s was not in Loki after %s.", id, Durations.of(LIMIT));
        }
        List<String> wrong = differences(found.get(0).labels(), id);
        if (found.size() > 1) {
            wrong.add("it is stored %d times".formatted(found.size()));
        }
        return wrong.isEmpty()
                ? Finding.held("A line written with request_id %s was found after %s.", id, patience.seconds())
                : Finding.broken("The line with request_id %s is in Loki, but %s.", id, String.join("; ", wrong));
    }

    private List<String> differences(Map<String, String> labels, String id) {
        Map<String, String> expected = Map.of(
                "stack", identity.stack(),
                "host", identity.host(),
                "service", identity.service(),
                "level", "info",
                "request_id", id);
        List<String> wrong = new ArrayList<>();
        expected.forEach((label, value) -> {
            if (!value.equals(labels.get(label))) {
                wrong.add("%s is '%s', not '%s'".formatted(label, labels.getOrDefault(label, ""), value));
            }
        });
        return wrong;
    }
}
