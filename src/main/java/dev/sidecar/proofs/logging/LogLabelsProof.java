package dev.sidecar.proofs.logging;

import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

final class LogLabelsProof implements Proof {

    private static final Set<String> LABELS = Set.of("stack", "host", "service", "source", "level");
    private static final int MOST_VALUES = 60;

    private final Loki loki;
    private final Clock clock;

    LogLabelsProof(Loki loki, Clock clock) {
        this.loki = loki;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-3",
                Area.LOGGING,
                "Log streams have exactly the labels stack, host, service, source and level, with few values each.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        Map<String, Integer> seen =
                new TreeMap<>(loki.labelValues(Window.before(clock.instant(), Duration.ofHours(1))));
        if (seen.isEmpty()) {
            return Finding.inconclusive("No log lines of this stack within the last hour.");
        }
        List<String> wrong = new ArrayList<>();
        seen.forEach((label, values) -> {
            if (!LABELS.contains(label)) {
                wrong.add("label '%s' is not expected".formatted(label));
            } else if (values > MOST_VALUES) {
                wrong.add("label '%s' has %d values".formatted(label, values));
            }
        });
        LABELS.stream()
                .filter(label -> !seen.containsKey(label))
                .sorted()
                .forEach(label -> wrong.add("label '%s' is missing".formatted(label)));
        return wrong.isEmpty()
                ? Finding.held("Labels and their number of values within the last hour: %s.", seen)
                : Finding.broken("%s.", String.join("; ", wrong));
    }
}
