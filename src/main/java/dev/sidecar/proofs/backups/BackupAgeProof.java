package dev.sidecar.proofs.backups;

import dev.sidecar.backup.BackupProperties;
import dev.sidecar.backup.Backups;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

final class BackupAgeProof implements Proof {

    private static final Duration WEEK = Duration.ofDays(7);

    private final Backups backups;
    private final BackupProperties settings;
    private final Clock clock;

    BackupAgeProof(Backups backups, BackupProperties settings, Clock clock) {
        this.backups = backups;
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-1",
                Area.BACKUPS,
                "Every database has a verified backup younger than the RPO, and a weekly backup from the last week.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        Instant now = clock.instant();
        List<Backup> all = backups.list();
        List<String> wrong = new ArrayList<>();
        List<String> ages = new ArrayList<>();
        for (String database : backups.databases()) {
            newest(database, all)
                    .filter(backups::isOfTables)
                    .ifPresentOrElse(
                            backup -> {
                                Duration age =
                                        Duration.between(backup.manifest().startedAt(), now);
                                ages.add("%s: newest verified backup is %s old (RPO %s)"
                                        .formatted(database, Durations.of(age), Durations.of(settings.rpo())));
                                if (BackupNeeds.isStillToCome(age)) {
                                    wrong.add("the newest verified backup of %s is dated %s, which is still to come"
                                            .formatted(
                                                    database, backup.manifest().startedAt()));
                                }
                                if (age.compareTo(settings.rpo()) > 0) {
                                    wrong.add("the newest verified backup of %s is %s old"
                                            .formatted(database, Durations.of(age)));
                                }
                            },
                            () -> wrong.add(database
                                    + (newest(database, all).isPresent()
                                            ? " has tables, but its newest verified backup has none: it was taken before them"
                                            : " has no verified backup")));
            late(Generation.WEEKLY, database, all, now).ifPresent(wrong::add);
        }
        if (ages.isEmpty() && wrong.isEmpty()) {
            return Finding.broken("The server has no database to back up.");
        }
        backups.gone().forEach(gone -> ages.add(gone.sentence()));
        return (wrong.isEmpty()
                        ? Finding.held(
                                "%s.", ages.get(0) + (ages.size() > 1 ? " and %d more".formatted(ages.size() - 1) : ""))
                        : Finding.broken("%s.", String.join("; ", wrong)))
                .with(ages);
    }

    private static Optional<Backup> newest(String database, List<Backup> all) {
        return all.stream()
                .filter(backup -> backup.id().database().equals(database))
                .filter(backup -> backup.verification().isPresent() && backup.isVerified(VerificationLevel.L1))
                .findFirst();
    }

    /** A generation without backups is late only if another backup is older than its period. One that is damaged, or of tomorrow, is none. */
    private Optional<String> late(Generation generation, String database, List<Backup> all, Instant now) {
        if (settings.slots().weekly().cron().strip().equals("-")) {
            return Optional.empty();
        }
        List<Backup> own = all.stream()
                .filter(backup -> backup.id().database().equals(database))
                .toList();
        Duration limit = WEEK.plus(settings.rpo());
        Optional<Instant> newest = own.stream()
                .filter(backup -> backup.id().generation() == generation && !backup.isDamaged())
                .map(backup -> backup.manifest().slot())
                .filter(slot -> !BackupNeeds.isStillToCome(Duration.between(slot, now)))
                .findFirst();
        Instant since = newest.orElseGet(() -> own.stream()
                .map(backup -> backup.manifest().slot())
                .reduce((newer, older) -> older)
                .orElse(now));
        return Duration.between(since, now).compareTo(limit) > 0
                ? Optional.of("%s has no %s backup of the last %s"
                        .formatted(database, generation.label(), Durations.of(limit)))
                : Optional.empty();
    }
}
