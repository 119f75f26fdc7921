package dev.sidecar.backup;

import dev.sidecar.jobs.Schedule;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.VerificationLevel;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Sets the limits for {@link Retention}.
 *
 * @param keep how many verified backups of a generation to keep
 * @param schedules when a backup of a generation is due
 * @param required the level a backup must be verified to before it counts
 * @param atMostAtOnce how many backups of one database and generation one run may delete
 */
record RetentionPolicy(
        Map<Generation, Integer> keep,
        Map<Generation, Schedule> schedules,
        Function<Manifest, VerificationLevel> required,
        int atMostAtOnce) {

    static RetentionPolicy of(BackupProperties settings, Function<Manifest, VerificationLevel> levelFor) {
        Map<Generation, Integer> keep = new EnumMap<>(Generation.class);
        keep.put(Generation.DAILY, settings.slots().daily().keep());
        keep.put(Generation.WEEKLY, settings.slots().weekly().keep());
        keep.put(Generation.MONTHLY, settings.slots().monthly().keep());
        return new RetentionPolicy(
                keep, settings.slots().schedules(), levelFor, settings.slots().maxExpired());
    }

    RetentionPolicy withAtMost(int limit) {
        return new RetentionPolicy(keep, schedules, required, limit);
    }

    /** Returns how many to keep: at least the newest verified backup. */
    int keep(Generation generation) {
        return Math.max(1, keep.getOrDefault(generation, Integer.MAX_VALUE));
    }

    Optional<Instant> lastDue(Generation generation, Instant now) {
        return Optional.ofNullable(schedules.get(generation)).flatMap(schedule -> schedule.latest(now));
    }

    VerificationLevel required(Backup backup) {
        return required.apply(backup.manifest());
    }

    boolean isVerified(Backup backup) {
        return backup.isVerified(required(backup));
    }
}
