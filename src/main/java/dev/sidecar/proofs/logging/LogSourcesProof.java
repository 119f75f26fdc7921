package dev.sidecar.proofs.logging;

import dev.sidecar.loki.LogLine;
import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.peers.NotConfigured;
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
import java.util.Map;
import java.util.Optional;

final class LogSourcesProof implements Proof {

    private final Loki loki;
    private final Map<String, Duration> sources;
    private final Clock clock;

    LogSourcesProof(Loki loki, LoggingProofsProperties properties, Clock clock) {
        this.loki = loki;
        this.sources = properties.logSources();
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-1", Area.LOGGING, "Every expected source delivered a log line recently.", Duration.ofMinutes(2));
    }

    @Override
    public Finding prove() {
        if (sources.isEmpty()) {
            throw new NotConfigured(
                    "No log sources are expected: list them with their limits in sidecar.proofs.log-sources.");
        }
        Instant now = clock.instant();
        List<String> silent = new ArrayList<>();
        List<String> ages = new ArrayList<>();
        sources.forEach((source, limit) -> {
            Optional<LogLine> newest = loki.newest(
                    loki.streams("source=\"" + source + "\""),
                    Window.before(now.plusSeconds(60), limit.plusSeconds(60)));
            if (newest.isPresent()) {
                ages.add("%s: newest line %s old (limit %s)"
                        .formatted(source, Durations.of(age(newest.get(), now)), Durations.of(limit)));
            } else {
                silent.add(source);
                ages.add("%s: no line within %s".formatted(source, Durations.of(limit)));
            }
        });
        return (silent.isEmpty()
                        ? Finding.held("All %d sources delivered: %s.", sources.size(), Finding.list(sources.keySet()))
                        : Finding.broken("No lines from %s.", Finding.list(silent)))
                .with(ages);
    }

    private static Duration age(LogLine line, Instant now) {
        Duration age = Duration.between(line.time(), now);
        return age.isNegative() ? Duration.ZERO : age;
    }
}
