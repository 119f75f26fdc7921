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
    /** Below that the instructions and the roles weigh more than the data. */
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
                "Backups are stored in less than half of the size that was dumped.",
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
            return Finding.broken("There is no backup.");
        }
        long stored = newest.stream()
                .mapToLong(backup -> backup.manifest().storedBytes())
                .sum();
        long dumped = newest.stream()
                .mapToLong(backup -> backup.manifest().dumpBytes())
                .sum();
        if (dumped < ENOUGH) {
            return Finding.notConfigured(
                    "There is too little to compress: %s are dumped, stored as %s. From 1 MB on it is judged."
                            .formatted(Sizes.of(dumped), Sizes.of(stored)));
        }
        double saved = dumped == 0 ? 0 : 1 - (double) stored / dumped;
        return Finding.heldIf(
                saved >= LEAST_SAVED,
                "The newest backups were dumped as %s and are stored as %s: %.1f %% saved.",
                Sizes.of(dumped),
                Sizes.of(stored),
                100 * saved);
    }
}
