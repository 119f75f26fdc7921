package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.backup.Verification;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.text.Sizes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

final class ChecksumProof implements Proof {

    private final Backups backups;

    ChecksumProof(Backups backups) {
        this.backups = backups;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-4",
                Area.BACKUPS,
                "The newest backups, read from storage now, match the checksums in their manifests.",
                Duration.ofHours(6),
                Duration.ofMinutes(30));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        List<String> damaged = new ArrayList<>();
        long bytes = 0;
        int files = 0;
        for (Backup backup : newestOfEachStore()) {
            Verification verification = backups.verify(backup, VerificationLevel.L1, backups.progress());
            bytes += backup.manifest().storedBytes();
            files += backup.manifest().files().size();
            if (!verification.held()) {
                damaged.add("%s in %s: %s"
                        .formatted(backup.id(), backup.store(), String.join(" ", verification.problems())));
            }
        }
        if (files == 0) {
            return Finding.broken("No backups.");
        }
        return damaged.isEmpty()
                ? Finding.held("Read %d files, %s; every SHA-256 matches its manifest.", files, Sizes.of(bytes))
                : Finding.broken("%s", String.join("; ", damaged)).with(damaged);
    }

    private List<Backup> newestOfEachStore() {
        List<Backup> newest = new ArrayList<>();
        for (Backup backup : backups.list()) {
            boolean first = newest.stream()
                    .noneMatch(other -> other.store().equals(backup.store())
                            && other.id().database().equals(backup.id().database()));
            if (first) {
                newest.add(backup);
            }
        }
        return newest;
    }
}
