package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.peers.NotConfigured;

/** What every proof of backups needs first. */
final class BackupNeeds {

    private BackupNeeds() {}

    static void requireServer(Backups backups) {
        if (!backups.hasServer()) {
            throw new NotConfigured("No database is backed up: set sidecar.backup.server.host.");
        }
    }
}
