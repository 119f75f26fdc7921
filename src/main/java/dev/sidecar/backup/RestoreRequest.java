package dev.sidecar.backup;

import java.util.List;

/**
 * What to restore, and where to.
 *
 * @param id the backup
 * @param into name of the database; it must not exist unless {@code replace}
 * @param replace swap it with the database of that name, which is kept under a dated name
 * @param schemaOnly definitions without rows
 * @param tables only the rows of these tables, as {@code schema.table}; empty for all
 */
public record RestoreRequest(BackupId id, String into, boolean replace, boolean schemaOnly, List<String> tables) {

    /** All of a backup into a new database. */
    public static RestoreRequest intoNew(BackupId id, String into) {
        return new RestoreRequest(id, into, false, false, List.of());
    }

    boolean isPartial() {
        return schemaOnly || !tables.isEmpty();
    }
}
