package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.VerificationLevel;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One backup on one line: what {@code list --json} and the HTTP API answer with.
 *
 * @param id its name
 * @param database its database's exact name
 * @param generation daily, weekly, monthly, manual
 * @param store where it lies
 * @param slot the moment of the schedule that it stands for
 * @param startedAt age of the data
 * @param storedBytes in storage
 * @param dumpBytes before compression
 * @param seconds that it took
 * @param tables how many it has
 * @param rows in those that were counted
 * @param level what is proven of it; absent if it is damaged
 * @param verifiedAt when that was proven; absent if only its own taking proves it
 * @param restoreSeconds of its newest restore into the scratch server
 * @param damaged whether the newest verification found it so
 * @param suspect whether it has much less in it than the one before
 * @param pinned whether it must not expire
 * @param encrypted whether a key is needed
 * @param serverVersion of the server it was taken from
 */
public record BackupSummary(
        String id,
        String database,
        String generation,
        String store,
        Instant slot,
        Instant startedAt,
        long storedBytes,
        long dumpBytes,
        double seconds,
        int tables,
        long rows,
        @Nullable VerificationLevel level,
        @Nullable Instant verifiedAt,
        @Nullable Double restoreSeconds,
        boolean damaged,
        boolean suspect,
        boolean pinned,
        boolean encrypted,
        String serverVersion) {

    public static BackupSummary of(Backup backup) {
        Manifest manifest = backup.manifest();
        return new BackupSummary(
                backup.id().toString(),
                backup.id().database(),
                backup.id().generation().label(),
                backup.store(),
                manifest.slot(),
                manifest.startedAt(),
                manifest.storedBytes(),
                manifest.dumpBytes(),
                seconds(manifest.duration()),
                manifest.contents().tables().size(),
                manifest.contents().rows(),
                backup.level().orElse(null),
                backup.verifiedAt().orElse(null),
                backup.restoreTook().map(BackupSummary::seconds).orElse(null),
                backup.isDamaged(),
                backup.isSuspect(),
                backup.isPinned(),
                manifest.encryption() != null,
                manifest.server().version());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    /** What a person should know besides the figures. */
    public String remarks() {
        return String.join(
                ", ",
                java.util.stream.Stream.of(
                                damaged ? "DAMAGED" : "",
                                suspect ? "SUSPECT" : "",
                                pinned ? "pinned" : "",
                                encrypted ? "encrypted" : "")
                        .filter(remark -> !remark.isEmpty())
                        .toList());
    }

    public Optional<Double> measuredRestore() {
        return Optional.ofNullable(restoreSeconds);
    }
}
