package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

final class OwnChecksProof implements Proof {

    private final Backups backups;
    private final Clock clock;

    OwnChecksProof(Backups backups, Clock clock) {
        this.backups = backups;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-9",
                Area.BACKUPS,
                "Your own checks held on a restored backup of their database within the RPO.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        List<String> wrong = new ArrayList<>(backups.misplacedChecks());
        List<String> lines = new ArrayList<>();
        List<Backup> all = backups.list();
        for (String database : backups.databases()) {
            if (backups.hasChecks(database)) {
                newestChecked(database, all)
                        .ifPresentOrElse(
                                backup -> judge(backup, wrong, lines),
                                () -> wrong.add(
                                        "your checks of %s have not run on any backup yet".formatted(database)));
            }
        }
        if (wrong.isEmpty() && lines.isEmpty()) {
            return Finding.notConfigured(
                    "You have no checks of your own: put some into the folder of sidecar.backup.checks.directory.");
        }
        return (wrong.isEmpty()
                        ? Finding.held("%s.", lines.get(0))
                        : Finding.broken("%s.", String.join("; ", wrong).replaceFirst("\\.$", "")))
                .with(lines);
    }

    private static Optional<Backup> newestChecked(String database, List<Backup> all) {
        return all.stream()
                .filter(backup -> backup.id().database().equals(database)
                        && !backup.checks().isEmpty())
                .findFirst();
    }

    private void judge(Backup backup, List<String> wrong, List<String> lines) {
        List<CheckResult> results = backup.checks();
        Duration age = Duration.between(backup.checkedAt().orElse(Instant.EPOCH), clock.instant());
        lines.add("%s: %s, %s ago".formatted(backup.id(), CheckResult.summary(results), Durations.of(age)));
        results.forEach(result -> lines.add(result.sentence()));
        results.stream().filter(result -> !result.held()).forEach(result -> wrong.add(result.sentence()));
        if (BackupNeeds.isStillToCome(age)) {
            wrong.add("the last run of your checks of %s is dated %s, which is still to come"
                    .formatted(backup.id().database(), backup.checkedAt().orElseThrow()));
        }
        if (age.compareTo(backups.rpo()) > 0) {
            wrong.add("your checks of %s last ran %s ago".formatted(backup.id().database(), Durations.of(age)));
        }
    }
}
