package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.Backup;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

final class CompressionProof implements Proof {

    private static final double LEAST_SAVED = 0.5;
    /** Below this the instructions and the roles are larger than the data. */
    private static final long ENOUGH = 1_000_000;

    private final Backups backups;

    CompressionProof(Backups backups) {
        this.backups = backups;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-3",
                Area.BACKUPS,
                "Stored backups take less than half the size of their dumps.",
                Duration.ofMinutes(30));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        List<Backup> newest = backups.list().stream()
                .map(backup -> backup.id().database())
                .distinct()
                .map(backups::latest)
                .flatMap(Optional::stream)
                .toList();
        if (newest.isEmpty()) {
            return Finding.broken("No backups.");
        }
        long stored = newest.stream()
                .mapToLong(backup -> backup.manifest().storedBytes())
                .sum();
        long dumped = newest.stream()
                .mapToLong(backup -> backup.manifest().dumpBytes())
                .sum();
        if (dumped < ENOUGH) {
            return Finding.notConfigured(
                    "Too little data to judge: dumps of %s, stored as %s. The proof needs at least 1 MB."
                            .formatted(Sizes.of(dumped), Sizes.of(stored)));
        }
        double saved = dumped == 0 ? 0 : 1 - (double) stored / dumped;
        return Finding.heldIf(
                saved >= LEAST_SAVED,
                "The newest backups: dumps of %s, stored as %s, %.1f %% saved.",
                Sizes.of(dumped),
                Sizes.of(stored),
                100 * saved);
    }
}
