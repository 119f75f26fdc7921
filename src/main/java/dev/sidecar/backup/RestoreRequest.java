package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * Asks for a restore: of which backup, how much of it, and into which database.
 *
 * @param id the backup
 * @param into name of the database; it must not exist unless {@code replace}
 * @param replace swap it with the database of that name, which is kept under a dated name
 * @param schemaOnly definitions without rows
 * @param tables restore only the rows of these tables, as {@code schema.table}; empty for all
 * @param privileged a person has consented to what the plan lists as needing an administrator
 * @param keepGoing restore what can be restored, and list the rest
 */
public record RestoreRequest(
        BackupId id,
        String into,
        boolean replace,
        boolean schemaOnly,
        List<String> tables,
        boolean privileged,
        boolean keepGoing) {

    /** PostgreSQL cuts off longer names. */
    private static final int LONGEST_NAME = 63;

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("'_'yyyyMMdd'_'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** Asks for a restore that stops at the first error. */
    public RestoreRequest(
            BackupId id, String into, boolean replace, boolean schemaOnly, List<String> tables, boolean privileged) {
        this(id, into, replace, schemaOnly, tables, privileged, false);
    }

    /** Asks for the same without an administrator's consent. */
    public RestoreRequest(BackupId id, String into, boolean replace, boolean schemaOnly, List<String> tables) {
        this(id, into, replace, schemaOnly, tables, false);
    }

    /** The same with a person's consent to what needs an administrator. */
    public RestoreRequest withConsent() {
        return new RestoreRequest(id, into, replace, schemaOnly, tables, true, keepGoing);
    }

    /** The same, restoring what can be restored. */
    public RestoreRequest pastErrors() {
        return new RestoreRequest(id, into, replace, schemaOnly, tables, privileged, true);
    }

    /** Asks for the whole backup in a new database. */
    public static RestoreRequest intoNew(BackupId id, String into) {
        return new RestoreRequest(id, into, false, false, List.of());
    }

    /** Proposes a name for a new database: the backed-up database's name with the time. */
    public static String newName(BackupId id, Instant now) {
        return datedName(id.database(), "", now);
    }

    /** Names a database by what it is and when it was made, within PostgreSQL's limit. @param what appended to the name */
    static String datedName(String database, String what, Instant when) {
        String end = what + STAMP.format(when);
        String start = database;
        while ((start + end).getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            start = start.substring(0, start.offsetByCodePoints(start.length(), -1));
        }
        return start + end;
    }

    boolean isPartial() {
        return schemaOnly || !tables.isEmpty();
    }
}
