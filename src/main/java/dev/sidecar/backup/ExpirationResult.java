package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import java.util.List;

/**
 * Says what a run of the expiration did.
 *
 * @param decisions one for every backup of every store
 * @param deleted the deleted backups
 * @param retained the backups that the storage keeps for now because of an Object Lock
 * @param failures what could not be deleted and why; the next run tries again
 */
public record ExpirationResult(
        List<Decision> decisions, List<BackupId> deleted, List<BackupId> retained, List<String> failures) {

    public ExpirationResult {
        decisions = List.copyOf(decisions);
        deleted = List.copyOf(deleted);
        retained = List.copyOf(retained);
        failures = List.copyOf(failures);
    }
}
