package dev.sidecar.proofs.logging;

import dev.sidecar.loki.LogLine;
import dev.sidecar.loki.Loki;
import dev.sidecar.loki.Window;
import dev.sidecar.prometheus.PromDuration;
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
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

final class LogRetentionProof implements Proof {

    /** The compactor deletes lines some hours after their retention ends. */
    private static final Duration GRACE = Duration.ofHours(26);

    /** How far beyond that it looks. */
    private static final Duration BEYOND = Duration.ofDays(5);

    private final Loki loki;
    private final Duration retention;
    private final Clock clock;

    LogRetentionProof(Loki loki, LoggingProofsProperties properties, Clock clock) {
        this.loki = loki;
        this.retention = properties.retention();
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-4",
                Area.LOGGING,
                "Loki deletes log lines after their retention: retention is on, and no older line is stored.",
                Duration.ofHours(1));
    }

    @Override
    public Finding prove() {
        Map<?, ?> running = new Yaml(new SafeConstructor(new LoaderOptions())).load(loki.configuration());
        List<String> wrong = new ArrayList<>();
        Object switchedOn = at(running, "compactor", "retention_enabled");
        if (!Boolean.TRUE.equals(switchedOn)) {
            wrong.add("compactor.retention_enabled is " + switchedOn);
        }
        String period = String.valueOf(at(running, "limits_config", "retention_period"));
        if (!PromDuration.parse(period).equals(retention)) {
            wrong.add("limits_config.retention_period is %s, not %s".formatted(period, Durations.of(retention)));
        }
        Instant limit = clock.instant().minus(retention).minus(GRACE);
        Optional<LogLine> tooOld = loki.oldest(loki.streams(), Window.before(limit, BEYOND));
        tooOld.ifPresent(line -> wrong.add("a line from %s is still stored".formatted(line.time())));
        if (!wrong.isEmpty()) {
            return Finding.broken("%s.", String.join("; ", wrong));
        }
        // Loki answers a query for what lies further back with nothing, whatever it stores.
        Duration lookback = PromDuration.parse(String.valueOf(at(running, "limits_config", "max_query_lookback")));
        Duration needed = retention.plus(GRACE).plus(BEYOND);
        if (!lookback.isZero() && lookback.compareTo(needed) < 0) {
            return Finding.inconclusive(
                    "Retention is on, %s, but Loki shows no line older than %s: limits_config.max_query_lookback must be 0 (no limit) or at least %dh.",
                    Durations.of(retention), Durations.of(lookback), needed.toHours());
        }
        return Finding.held("Retention is on, %s, and no older line is stored.", Durations.of(retention));
    }

    private static @Nullable Object at(Map<?, ?> yaml, String section, String key) {
        return yaml.get(section) instanceof Map<?, ?> inner
                ? String.valueOf(inner.get(key)).equals("true") ? Boolean.TRUE : inner.get(key)
                : "not set";
    }
}
