package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a restore did.
 *
 * @param id the backup
 * @param database the database that holds it now
 * @param keptAs name under which the replaced database is kept; absent if none was replaced
 * @param tables how many tables were restored
 * @param rows how many rows they have, counted after the restore
 * @param took all of it
 * @param notes what is not as it was, such as a role's grant that could not be restored
 */
public record Restored(
        BackupId id,
        String database,
        @Nullable String keptAs,
        int tables,
        long rows,
        Duration took,
        List<String> notes) {

    /** The replaced database's new name. */
    public Optional<String> kept() {
        return Optional.ofNullable(keptAs);
    }
}
