package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.VerificationLevel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Describes one backup in one flat record, as {@code list --json} and the HTTP API print it.
 *
 * @param id its id
 * @param database its database's exact name
 * @param generation daily, weekly, monthly, manual
 * @param store the store that holds it
 * @param slot the scheduled time it was taken for
 * @param startedAt when the snapshot was taken
 * @param storedBytes in storage
 * @param dumpBytes before compression
 * @param seconds how long it took
 * @param tables number of tables
 * @param rows number of rows in the counted tables
 * @param level the verified level; absent if it is damaged
 * @param verifiedAt when that level was verified; absent at L0
 * @param restoreSeconds how long its newest restore into the scratch server took
 * @param damaged whether the newest verification found it damaged
 * @param suspect whether it holds much less than the one before, or failed a check, and nobody cleared the mark
 * @param pinned whether it must not expire
 * @param encrypted whether a restore needs a key
 * @param serverVersion version of the server it was taken from
 * @param standing {@code signed}, or {@code adopted} if a person accepted it
 * @param withoutTables tables that were left out on purpose
 * @param withoutRows tables whose rows were left out on purpose
 * @param checks what the operator's own checks found when they last ran; empty if they never did
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
        String serverVersion,
        String standing,
        List<String> withoutTables,
        List<String> withoutRows,
        List<CheckResult> checks) {

    /** Summarizes a backup. */
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
                manifest.server().version(),
                backup.standing().name().toLowerCase(Locale.ROOT),
                manifest.leftOut().tables(),
                manifest.leftOut().rows(),
                backup.checks());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    /** Returns the marks of the backup, such as DAMAGED and pinned, for a person. */
    public String remarks() {
        return String.join(
                ", ",
                java.util.stream.Stream.of(
                                damaged ? "DAMAGED" : "",
                                suspect ? "SUSPECT" : "",
                                pinned ? "pinned" : "",
                                encrypted ? "encrypted" : "",
                                tables == 0 ? "NO TABLE" : "",
                                withoutTables.isEmpty() ? "" : "without %d tables".formatted(withoutTables.size()),
                                withoutRows.isEmpty()
                                        ? ""
                                        : "without the rows of %d tables".formatted(withoutRows.size()),
                                checks.isEmpty() ? "" : CheckResult.summary(checks),
                                standing)
                        .filter(remark -> !remark.isEmpty())
                        .toList());
    }

    /** Returns how long the newest restore took, in seconds. */
    public Optional<Double> measuredRestore() {
        return Optional.ofNullable(restoreSeconds);
    }
}
