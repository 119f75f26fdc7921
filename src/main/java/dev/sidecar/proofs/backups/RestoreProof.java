package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

final class RestoreProof implements Proof {

    private final Backups backups;
    private final Clock clock;

    RestoreProof(Backups backups, Clock clock) {
        this.backups = backups;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-5",
                Area.BACKUPS,
                "A backup of every database was test-restored from storage within the RPO with equal rows and definitions, in less than the"
                        + " RTO.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        Instant now = clock.instant();
        List<Backup> all = backups.list();
        List<String> wrong = new ArrayList<>();
        List<String> restored = new ArrayList<>();
        backups.unisolated().ifPresent(why -> wrong.add(why.replaceFirst("\\.$", "")));
        for (String database : backups.databases()) {
            newestRestored(database, all)
                    .filter(backups::isOfTables)
                    .ifPresentOrElse(
                            backup -> judge(backup, now, wrong, restored),
                            () -> wrong.add(
                                    newestRestored(database, all).isPresent()
                                            ? "the newest backup of %s that was test-restored was taken before its tables, and proves nothing"
                                                    .formatted(database)
                                            : "no backup of %s has been test-restored with equal contents%s"
                                                    .formatted(database, why(database, all))));
        }
        return (wrong.isEmpty() && !restored.isEmpty()
                        ? Finding.held(
                                "%s.",
                                restored.get(0)
                                        + (restored.size() > 1 ? " and %d more".formatted(restored.size() - 1) : ""))
                        : Finding.broken("%s.", String.join("; ", wrong)))
                .with(restored);
    }

    /** The findings of the newest backup's newest verification, such as the definitions that a restore did not bring back. */
    private static String why(String database, List<Backup> all) {
        return all.stream()
                .filter(backup -> backup.id().database().equals(database))
                .findFirst()
                .flatMap(backup -> backup.events().stream()
                        .filter(event ->
                                event.level() != null && !event.detail().isBlank())
                        .reduce((older, newer) -> newer)
                        .map(event -> " (%s: %s)".formatted(backup.id(), event.detail())))
                .orElse("");
    }

    private static Optional<Backup> newestRestored(String database, List<Backup> all) {
        return all.stream()
                .filter(backup -> backup.id().database().equals(database) && backup.isVerified(VerificationLevel.L4))
                .findFirst();
    }

    private void judge(Backup backup, Instant now, List<String> wrong, List<String> restored) {
        Duration age = Duration.between(backup.verifiedAt().orElse(Instant.EPOCH), now);
        Duration took = backup.restoreTook().orElse(Duration.ZERO);
        int tables = backup.manifest().contents().tables().size();
        restored.add("%s restored %s ago in %s (RTO %s), %s"
                .formatted(
                        backup.id(),
                        Durations.of(age),
                        Durations.of(took),
                        Durations.of(backups.rto()),
                        tables == 0 ? "which has no table, like its database" : tables + " tables equal"));
        backup.manifest().leftOut().sentences().forEach(gap -> restored.add(backup.id() + ": " + gap));
        if (BackupNeeds.isStillToCome(age)) {
            wrong.add("the last restore of %s is dated %s, which is still to come"
                    .formatted(backup.id().database(), backup.verifiedAt().orElseThrow()));
        }
        if (age.compareTo(backups.rpo()) > 0) {
            wrong.add("%s was last restored %s ago".formatted(backup.id().database(), Durations.of(age)));
        }
        if (took.compareTo(backups.rto()) > 0) {
            wrong.add("restoring %s took %s, more than the RTO of %s"
                    .formatted(backup.id().database(), Durations.of(took), Durations.of(backups.rto())));
        }
    }
}
