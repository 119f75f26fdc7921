package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import java.util.List;

/**
 * What expiring did.
 *
 * @param decisions for every backup of every store
 * @param deleted those that went
 * @param retained those that the storage keeps for now, because an Object Lock holds
 * @param failures what could not be deleted and why; it is listed on, and tried again next time
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
