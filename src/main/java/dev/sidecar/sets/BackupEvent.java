package dev.sidecar.sets;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that became known of a backup after it was published. Each is a small file of its own beside the set, written once, so
 * that storage which forbids overwriting serves as well.
 *
 * @param type what
 * @param at when
 * @param level how far the verification went; for a failed one the level that it could not reach; absent for other types
 * @param restoreTook how long the restore into the scratch server took, absent below L3
 * @param detail in words, for a person
 */
public record BackupEvent(
        Type type,
        Instant at,
        @Nullable VerificationLevel level,
        @Nullable Duration restoreTook,
        String detail) {

    /** The closed list of what can become known. */
    public enum Type {
        /** It was verified to a level. */
        VERIFIED,
        /** It was not what its manifest says; it is not to be relied on until verified again. */
        DAMAGED,
        /** It must not expire. */
        PINNED,
        /** It may expire again. */
        UNPINNED,
        /** It has much less in it than the one before. */
        SUSPECT,
        /** Somebody looked and found it right. */
        CLEARED
    }

    /** An event without a level. */
    public static BackupEvent of(Type type, Instant at, String detail) {
        return new BackupEvent(type, at, null, null, detail);
    }
}
