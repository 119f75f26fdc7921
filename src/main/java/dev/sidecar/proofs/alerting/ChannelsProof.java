package dev.sidecar.proofs.alerting;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.alerts.AlertmanagerConfig;
import dev.sidecar.alerts.AlertmanagerConfig.Route;
import dev.sidecar.alerts.Channel;
import dev.sidecar.alerts.Delivered;
import dev.sidecar.alerts.Receipts;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

final class ChannelsProof implements Proof {

    private static final Duration FRESH = Duration.ofDays(8);

    private final Alertmanager alertmanager;
    private final Receipts receipts;
    private final Clock clock;

    ChannelsProof(Alertmanager alertmanager, Receipts receipts, Clock clock) {
        this.alertmanager = alertmanager;
        this.receipts = receipts;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-6",
                Area.ALERTING,
                "Every configured channel delivered a notification within the last 8 days.",
                Duration.ofMinutes(10));
    }

    /** Alertmanager tells one sidecar. */
    @Override
    public boolean isForOneOnly() {
        return true;
    }

    @Override
    public Finding prove() {
        AlertmanagerConfig config = alertmanager.config();
        // The other receivers get certain alerts only: the Watchdog, or the failure of another channel.
        Set<String> receivers = config.routes().stream().map(Route::receiver).collect(Collectors.toSet());
        List<Channel> channels = config.channels().stream()
                .filter(channel -> receivers.contains(channel.receiver()))
                .toList();
        List<String> lines = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        for (Channel channel : channels) {
            Optional<Delivered> last = receipts.last(channel);
            if (last.isPresent() && receipts.deliveredWithin(channel, FRESH, clock.instant())) {
                lines.add("%s: %s ago"
                        .formatted(
                                channel,
                                Durations.of(Duration.between(last.get().at(), clock.instant()))));
            } else {
                silent.add(channel.toString());
            }
        }
        if (channels.isEmpty()) {
            return Finding.broken("Alertmanager has no channel, so alerts reach nobody.");
        }
        return silent.isEmpty()
                ? Finding.held("%d channels delivered.", channels.size()).with(lines)
                : Finding.inconclusive("No delivery recorded yet for %s.", Finding.list(silent))
                        .with(lines);
    }
}
