package dev.sidecar.proofs.backups;

import dev.sidecar.backup.Backups;
import dev.sidecar.peers.NotConfigured;
import java.time.Duration;

/** Checks the settings that every proof of backups needs. */
final class BackupNeeds {

    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    private BackupNeeds() {}

    /** A clock that was ahead dated it: it would count as fresh until then. */
    static boolean isStillToCome(Duration age) {
        return age.compareTo(CLOCKS_DIFFER.negated()) < 0;
    }

    static void requireServer(Backups backups) {
        if (!backups.hasServer()) {
            throw new NotConfigured("Backups are off: set sidecar.backup.server.host to your PostgreSQL server.");
        }
    }
}
