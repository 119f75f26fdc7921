package dev.sidecar.alerts;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

/**
 * Finds the name of an inhibition rule by its matchers, as Alertmanager 0.33 reports a rule without its name. It reads the configuration
 * when it does not know a rule, at most once a minute.
 */
final class InhibitionNames implements Function<AlertmanagerConfig.Inhibition, String> {

    private static final String UNKNOWN = "unknown";
    private static final Duration ASK_AGAIN = Duration.ofMinutes(1);

    private final Alertmanager alertmanager;
    private final Clock clock;
    private List<AlertmanagerConfig.Inhibition> known = List.of();
    private Instant asked = Instant.MIN;

    InhibitionNames(Alertmanager alertmanager, Clock clock) {
        this.alertmanager = alertmanager;
        this.clock = clock;
    }

    @Override
    public synchronized String apply(AlertmanagerConfig.Inhibition rule) {
        String name = find(rule);
        Instant now = clock.instant();
        if (name.equals(UNKNOWN) && !asked.isAfter(now.minus(ASK_AGAIN))) {
            asked = now;
            try {
                known = alertmanager.config().inhibitions();
                name = find(rule);
            } catch (NotConfigured | PeerUnavailable e) {
                // It stays unknown until Alertmanager can be asked.
            }
        }
        return name;
    }

    private String find(AlertmanagerConfig.Inhibition rule) {
        return known.stream()
                .filter(one -> one.says(rule.source(), rule.target(), rule.equal()))
                .map(AlertmanagerConfig.Inhibition::name)
                .findFirst()
                .orElse(UNKNOWN);
    }
}
