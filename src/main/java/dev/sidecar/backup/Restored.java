package dev.sidecar.backup;

import dev.sidecar.definitions.DefinitionDifference;
import dev.sidecar.sets.BackupId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Describes a finished restore.
 *
 * @param id the backup
 * @param database the database that holds it now
 * @param keptAs name under which the replaced database is kept; absent if none was replaced
 * @param tables how many tables were restored
 * @param rows how many rows they have, counted after the restore
 * @param took how long the whole restore took
 * @param notes what could not be restored, such as the grant of a role
 * @param differences definitions that are not as in the backup, the first hundred
 * @param missing what a restore that keeps going could not restore, each a sentence; empty for any other
 */
public record Restored(
        BackupId id,
        String database,
        @Nullable String keptAs,
        int tables,
        long rows,
        Duration took,
        List<String> notes,
        List<DefinitionDifference> differences,
        List<String> missing) {

    /** Returns the new name of the replaced database. */
    public Optional<String> kept() {
        return Optional.ofNullable(keptAs);
    }
}
