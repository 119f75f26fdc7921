package dev.sidecar.backup;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Generation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Decides which backups of one store expire, and why: a pure function of the backups, the policy and the time. It counts backups and never
 * measures their age, so that neither failed nights nor a jumping clock make a backup expire. It counts the verified backups of one
 * database and one generation, the newest slot first.
 *
 * <p>No setting changes these rules. It keeps the newest verified backup, backups that are being verified or restored, pinned backups, and those
 * taken on demand. It deletes nothing while the newest backup is not verified or is suspect, while a due slot has no backup, or while a slot
 * is in the future. If more backups would expire at once than the policy allows, it deletes none.
 */
final class Retention {

    private static final Comparator<Backup> NEWEST_FIRST = Comparator.<Backup, Instant>comparing(
                    backup -> backup.manifest().slot())
            .thenComparing(Backup::id)
            .reversed();

    private final RetentionPolicy policy;
    private final Predicate<Backup> verified;
    private final Predicate<BackupId> busy;

    /**
     * @param verified tells which backups count as verified
     * @param busy tells which backups are being verified or restored
     */
    Retention(RetentionPolicy policy, Predicate<Backup> verified, Predicate<BackupId> busy) {
        this.policy = policy;
        this.verified = verified;
        this.busy = busy;
    }

    /**
     * Decides on each backup.
     *
     * @param backups all backups of one store
     * @return one decision for each backup: by database and generation, the newest first
     */
    List<Decision> decide(List<Backup> backups, Instant now) {
        Map<String, Map<Generation, List<Backup>>> groups = new TreeMap<>();
        for (Backup backup : backups) {
            groups.computeIfAbsent(backup.id().database(), database -> new TreeMap<>())
                    .computeIfAbsent(backup.id().generation(), generation -> new ArrayList<>())
                    .add(backup);
        }
        List<Decision> decisions = new ArrayList<>();
        for (Map<Generation, List<Backup>> ofDatabase : groups.values()) {
            ofDatabase.forEach((generation, group) -> decisions.addAll(
                    decideGroup(generation, group.stream().sorted(NEWEST_FIRST).toList(), now)));
        }
        return decisions;
    }

    private List<Decision> decideGroup(Generation generation, List<Backup> newestFirst, Instant now) {
        List<Decision> decisions = new ArrayList<>();
        int newerVerified = 0;
        for (Backup backup : newestFirst) {
            decisions.add(decide(backup, newerVerified));
            newerVerified += verified.test(backup) ? 1 : 0;
        }
        return whyNothingMayGo(generation, newestFirst.get(0), now)
                .or(() -> whyNotSoMany(decisions))
                .map(why ->
                        decisions.stream().map(decision -> decision.vetoed(why)).toList())
                .orElse(decisions);
    }

    private Decision decide(Backup backup, int newerVerified) {
        Generation generation = backup.id().generation();
        int keep = policy.keep(generation);
        List<String> reasons = new ArrayList<>();
        if (backup.isPinned()) {
            reasons.add("it is pinned");
        }
        if (busy.test(backup.id())) {
            reasons.add("it is being verified or restored");
        }
        if (generation == Generation.MANUAL) {
            reasons.add("it was taken on demand and is kept until you delete it");
        } else if (newerVerified < keep) {
            reasons.add(
                    verified.test(backup)
                            ? "%s %d of %d".formatted(generation.label(), newerVerified + 1, keep)
                            : "it is not verified, and only %d of %d newer ones are".formatted(newerVerified, keep));
        }
        return reasons.isEmpty()
                ? new Decision(
                        backup,
                        false,
                        List.of(newerVerified + " newer " + generation.label() + " are verified, " + keep
                                + " are kept"))
                : new Decision(backup, true, reasons);
    }

    private Optional<String> whyNothingMayGo(Generation generation, Backup newest, Instant now) {
        Instant slot = newest.manifest().slot();
        if (slot.isAfter(now)) {
            return Optional.of(
                    "the newest, %s, is for %s, which is in the future: check the clock".formatted(newest.id(), slot));
        }
        if (!verified.test(newest)) {
            return Optional.of("the newest, %s, is not verified to %s".formatted(newest.id(), policy.required(newest)));
        }
        if (newest.isSuspect()) {
            return Optional.of("the newest, %s, is suspect: inspect it, then run 'sidecar verify --clear %s'"
                    .formatted(newest.id(), newest.id()));
        }
        return policy.lastDue(generation, now)
                .filter(due -> newest.forgotten().isEmpty())
                .filter(slot::isBefore)
                .map(due -> "there is no backup for the slot of " + due);
    }

    private Optional<String> whyNotSoMany(List<Decision> decisions) {
        long going = decisions.stream().filter(decision -> !decision.keep()).count();
        return going <= policy.atMostAtOnce()
                ? Optional.empty()
                : Optional.of(
                        "%d would be deleted at once, but at most %d may be; if that is correct, run 'sidecar expire --at-most %d'"
                                .formatted(going, policy.atMostAtOnce(), going));
    }
}
