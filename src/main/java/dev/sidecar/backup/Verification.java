package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.VerificationLevel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says what a verification found.
 *
 * @param id the backup
 * @param store the store it was read from
 * @param asked the requested level
 * @param reached the reached level; absent if the files or the manifest are damaged
 * @param at when it ended
 * @param took how long the whole verification took
 * @param restoreTook how long the restore itself took, absent below L3
 * @param problems why it reached no higher level, each a sentence; one for each table that differs
 * @param notes remarks on how it was verified, each a sentence
 */
public record Verification(
        BackupId id,
        String store,
        VerificationLevel asked,
        @Nullable VerificationLevel reached,
        Instant at,
        Duration took,
        @Nullable Duration restoreTook,
        List<String> problems,
        List<String> notes) {

    /** Tells whether the requested level was reached. */
    public boolean held() {
        return reached != null && reached.atLeast(asked);
    }

    /** Returns how long the restore into the scratch server took. */
    public Optional<Duration> measuredRestore() {
        return Optional.ofNullable(restoreTook);
    }
}
