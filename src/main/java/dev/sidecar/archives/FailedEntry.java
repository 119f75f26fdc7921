package dev.sidecar.archives;

/**
 * An entry of an archive that did not restore.
 *
 * @param id its number in the archive
 * @param what its kind, schema, name and owner, as pg_restore writes them
 * @param error what PostgreSQL says
 */
public record FailedEntry(int id, String what, String error) {

    /** Writes the same for a person. */
    public String sentence() {
        return "%s did not restore: %s.".formatted(what, error);
    }
}
