package dev.sidecar.proofs.alerting;

import dev.sidecar.alerts.Deliveries;
import dev.sidecar.alerts.Deliveries.Undelivered;
import dev.sidecar.alerts.DeliveryCheck;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.HostileText;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

final class DeliveredProof implements Proof {

    private static final int NAMED = 3;

    private final DeliveryCheck check;

    DeliveredProof(DeliveryCheck check) {
        this.check = check;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-8",
                Area.ALERTING,
                "Each alert that has fired for longer than its route waits has been delivered by every channel of its receiver.",
                Duration.ofMinutes(1));
    }

    /** Alertmanager tells one sidecar. */
    @Override
    public boolean isForOneOnly() {
        return true;
    }

    @Override
    public Finding prove() {
        Deliveries found = check.look();
        List<String> lines = Stream.concat(found.undelivered().stream(), found.unconfirmed().stream())
                .map(DeliveredProof::line)
                .toList();
        if (!found.reachesPeople()) {
            return Finding.notConfigured(
                    "Alertmanager has no channel that reaches people: set a mail server, a chat or a webhook.");
        }
        if (!found.undelivered().isEmpty()) {
            return Finding.broken("Not delivered: %s.", named(found.undelivered()))
                    .with(lines);
        }
        if (!found.unconfirmed().isEmpty()) {
            return Finding.inconclusive("No receipt of %s.", named(found.unconfirmed()))
                    .with(lines);
        }
        return Finding.held(
                "%d of %d alerts that fire were delivered by every channel of their receiver; %d still wait for their route, %d are silenced or inhibited.",
                found.delivered(), found.delivered() + found.waiting() + found.muted(), found.waiting(), found.muted());
    }

    private static String named(List<Undelivered> alerts) {
        return alerts.stream().limit(NAMED).map(DeliveredProof::line).collect(Collectors.joining("; "))
                + (alerts.size() > NAMED ? "; and %d more".formatted(alerts.size() - NAMED) : "");
    }

    private static String line(Undelivered one) {
        return HostileText.line(
                "%s %s: %s".formatted(one.name(), one.alert().labels().getOrDefault("service", ""), one.why()));
    }
}
