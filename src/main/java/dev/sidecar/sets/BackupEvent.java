package dev.sidecar.sets;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records something learned about a backup after it was published. Each event is a small file beside the set, written once, so
 * it works in storage that forbids overwriting.
 *
 * @param type the type of the event
 * @param at when it happened
 * @param level the verified level; for a failed verification the level that was not reached; absent for other types
 * @param restoreTook how long the restore into the scratch server took, absent below L3
 * @param detail the reason or the findings, for a person
 * @param checks what the operator's own checks found; empty for other types
 */
public record BackupEvent(
        Type type,
        Instant at,
        @Nullable VerificationLevel level,
        @Nullable Duration restoreTook,
        String detail,
        List<CheckResult> checks) {

    public BackupEvent {
        checks = List.copyOf(checks);
    }

    /** Creates an event without checks. */
    public BackupEvent(
            Type type, Instant at, @Nullable VerificationLevel level, @Nullable Duration restoreTook, String detail) {
        this(type, at, level, restoreTook, detail, List.of());
    }

    /** The closed list of events. */
    public enum Type {
        /** The backup was verified to a level. */
        VERIFIED,
        /** The backup differs from its manifest; do not rely on it until it is verified again. */
        DAMAGED,
        /** The backup must not expire. */
        PINNED,
        /** The backup may expire again. */
        UNPINNED,
        /** The backup holds much less than the one before, or a check of the operator's own failed. */
        SUSPECT,
        /** Somebody inspected a suspect backup and found it correct. */
        CLEARED,
        /** The operator's own checks ran on a restored copy. */
        CHECKED,
        /** The database is no longer on the server. */
        GONE,
        /** Nobody needs to be told any more that the database is gone. */
        FORGOTTEN;

        /** Versions from before these refuse a set with an event of a type that they do not know. */
        boolean isOfFirstVersions() {
            return compareTo(CLEARED) <= 0;
        }
    }

    /** Creates the event of the operator's own checks. */
    public static BackupEvent ofChecks(Instant at, List<CheckResult> checks) {
        return new BackupEvent(Type.CHECKED, at, null, null, CheckResult.summary(checks), checks);
    }

    /** Creates an event without a level. */
    public static BackupEvent of(Type type, Instant at, String detail) {
        return new BackupEvent(type, at, null, null, detail);
    }
}
