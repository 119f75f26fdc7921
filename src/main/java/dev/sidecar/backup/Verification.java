package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.VerificationLevel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a verification found.
 *
 * @param id the backup
 * @param store where it was read from
 * @param asked the level that was to be reached
 * @param reached the level that was reached; absent if not even the manifest is whole
 * @param at when it ended
 * @param took all of it
 * @param restoreTook the restore alone, absent below L3
 * @param problems why it did not reach more, each a sentence; table by table where contents differ
 * @param notes what else a reader should know of how it was proven, each a sentence
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

    /** Whether what was asked for is proven. */
    public boolean held() {
        return reached != null && reached.atLeast(asked);
    }

    /** How long the restore into the scratch server took. */
    public Optional<Duration> measuredRestore() {
        return Optional.ofNullable(restoreTook);
    }
}
