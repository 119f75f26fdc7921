package dev.sidecar.proofs;

import dev.sidecar.backup.BackupProperties;
import dev.sidecar.peers.NotConfigured;

/** What every proof of backups needs first. */
final class BackupNeeds {

    private BackupNeeds() {}

    static void requireConfigured(BackupProperties settings) {
        if (!settings.isConfigured()) {
            throw new NotConfigured("No database is backed up: set sidecar.backup.server.host.");
        }
    }
}
