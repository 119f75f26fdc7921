package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.peers.NotConfigured;

/** Checks the settings that every proof of backups needs. */
final class BackupNeeds {

    private BackupNeeds() {}

    static void requireServer(Backups backups) {
        if (!backups.hasServer()) {
            throw new NotConfigured("Backups are off: set sidecar.backup.server.host to your PostgreSQL server.");
        }
    }
}
