package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.RefusedSet;
import java.time.Duration;
import java.util.List;

final class SignatureProof implements Proof {

    private final Backups backups;

    SignatureProof(Backups backups) {
        this.backups = backups;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-8",
                Area.BACKUPS,
                "Every set in the stores is signed by this sidecar or was accepted by a person, and one that was changed is refused.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        List<RefusedSet> refused = backups.refused();
        if (!refused.isEmpty()) {
            return Finding.broken(
                            "%d sets are refused: %s",
                            refused.size(), refused.get(0).sentence())
                    .with(refused.stream().map(RefusedSet::sentence).toList());
        }
        List<Backup> all = backups.list();
        if (all.isEmpty()) {
            return Finding.inconclusive("No backups.");
        }
        long adopted = all.stream()
                .filter(backup -> backup.standing() == Backup.Standing.ADOPTED)
                .count();
        return Finding.heldIf(
                backups.refusesForgery(all.get(0)),
                "%d sets have a valid signature, %d of them because a person accepted them; key %s. The newest, with one bit of its manifest changed, is %s.",
                all.size(),
                adopted,
                backups.keyId(),
                backups.refusesForgery(all.get(0)) ? "refused" : "not refused");
    }
}
