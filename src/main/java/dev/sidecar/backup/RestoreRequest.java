package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
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

    private static final int LONGEST_NAME = 63;

    /** All of a backup into a new database. */
    public static RestoreRequest intoNew(BackupId id, String into) {
        return new RestoreRequest(id, into, false, false, List.of());
    }

    /** A name that is free: the database's own with the time, no longer than PostgreSQL takes. */
    public static String newName(BackupId id, Instant now) {
        String time = "_"
                + DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss")
                        .withZone(ZoneOffset.UTC)
                        .format(now);
        String name = id.database();
        while ((name + time).getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            name = name.substring(0, name.offsetByCodePoints(name.length(), -1));
        }
        return name + time;
    }

    boolean isPartial() {
        return schemaOnly || !tables.isEmpty();
    }
}
