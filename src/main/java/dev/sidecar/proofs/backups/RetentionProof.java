package dev.sidecar.proofs.backups;

import dev.sidecar.backup.BackupProperties;
import dev.sidecar.backup.Backups;
import dev.sidecar.backup.Decision;
import dev.sidecar.backup.Expiration;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

final class RetentionProof implements Proof {

    private final Backups backups;
    private final Expiration expire;
    private final BackupProperties settings;

    RetentionProof(Backups backups, Expiration expire, BackupProperties settings) {
        this.backups = backups;
        this.expire = expire;
        this.settings = settings;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-2",
                Area.BACKUPS,
                "The stored backups match the retention policy: none is overdue to expire.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        List<Decision> decisions = expire.decide();
        if (decisions.isEmpty()) {
            return Finding.inconclusive("No backups.");
        }
        List<String> due = decisions.stream()
                .filter(decision -> !decision.keep())
                .map(Decision::toString)
                .toList();
        Map<String, Long> kept = decisions.stream()
                .collect(Collectors.groupingBy(
                        decision -> decision.backup().id().generation().label(), TreeMap::new, Collectors.counting()));
        return (due.isEmpty()
                        ? Finding.held(
                                "Stored: %s; the policy keeps %d daily and %d weekly backups of each database.",
                                Finding.list(kept.entrySet().stream()
                                        .map(entry -> entry.getValue() + " " + entry.getKey())
                                        .toList()),
                                settings.slots().daily().keep(),
                                settings.slots().weekly().keep())
                        : Finding.broken("%d backups should have expired but are still stored.", due.size()))
                .with(decisions.stream().map(Decision::toString).toList());
    }
}
