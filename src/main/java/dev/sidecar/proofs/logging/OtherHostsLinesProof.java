package dev.sidecar.proofs.logging;

import dev.sidecar.hosts.Hosts;
import dev.sidecar.hosts.Satellite;
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
import java.util.Optional;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;

@ConditionalOnProperty("sidecar.hosts.enabled")
final class OtherHostsLinesProof implements Proof {

    /** The container canary writes one each minute. */
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private static final Duration AHEAD = Duration.ofMinutes(1);

    private final Loki loki;
    private final Hosts hosts;
    private final Clock clock;

    OtherHostsLinesProof(Loki loki, Hosts hosts, Clock clock) {
        this.loki = loki;
        this.hosts = hosts;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "LOG-9",
                Area.LOGGING,
                "The canary line that every added host writes each minute is found in Loki under the host's name.",
                Duration.ofMinutes(2));
    }

    @Override
    public Finding prove() {
        if (loki.address().isEmpty()) {
            throw new NotConfigured("Loki is not configured: set LOKI_URL.");
        }
        List<Satellite> trusted =
                hosts.all().stream().filter(Satellite::isTrusted).toList();
        if (trusted.isEmpty()) {
            throw new NotConfigured("No other host pushes here: set SATELLITES=1 and run 'sidecar host add NAME'.");
        }
        Instant now = clock.instant();
        List<String> silent = new ArrayList<>();
        List<String> ages = new ArrayList<>();
        for (Satellite satellite : trusted) {
            Optional<LogLine> newest = loki.newest(
                    loki.streams("host=\"" + satellite.name() + "\", service=\"canary\""),
                    Window.before(now.plus(AHEAD), LIMIT.plus(AHEAD)));
            if (newest.isPresent()) {
                Duration age = Duration.between(newest.get().time(), now);
                ages.add("%s: canary line of %s ago"
                        .formatted(satellite.name(), Durations.of(age.isNegative() ? Duration.ZERO : age)));
            } else {
                silent.add(satellite.name());
                ages.add("%s: no canary line within %s".formatted(satellite.name(), Durations.of(LIMIT)));
            }
        }
        return (silent.isEmpty()
                        ? Finding.held("%s.", String.join("; ", ages))
                        : Finding.broken("No canary line from %s.", Finding.list(silent)))
                .with(ages);
    }
}
