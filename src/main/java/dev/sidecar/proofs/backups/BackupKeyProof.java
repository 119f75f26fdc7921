package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;

final class BackupKeyProof implements Proof {

    private final MeterRegistry registry;
    private final Backups backups;

    BackupKeyProof(MeterRegistry registry, Backups backups) {
        this.registry = registry;
        this.backups = backups;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-6",
                Area.BACKUPS,
                "Backups are encrypted, and the configured secret key decrypts them.",
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() {
        BackupNeeds.requireServer(backups);
        if (!backups.isEncrypted()) {
            throw new NotConfigured("Backups are not encrypted: set sidecar.backup.encryption.recipients.");
        }
        if (!backups.canDecrypt()) {
            return Finding.inconclusive(
                    "This host has only the public key, as recommended. Test the secret key where you keep it; RESTORE.md in any backup says how.");
        }
        Gauge ok = registry.find("sidecar.backup.key.ok").gauge();
        double value = ok == null ? Double.NaN : ok.value();
        if (Double.isNaN(value)) {
            return Finding.inconclusive("The key has not been tested yet.");
        }
        return Finding.heldIf(
                value == 1, "Test data encrypted with the key was %s.", value == 1 ? "decrypted" : "not decrypted");
    }
}
