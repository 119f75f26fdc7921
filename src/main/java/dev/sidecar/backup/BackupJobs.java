package dev.sidecar.backup;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Retries;
import dev.sidecar.jobs.Job.Run;
import dev.sidecar.jobs.Job.Sharing;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.jobs.Settling;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Generation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Schedules the backups: one job for each generation, over all databases, and the nightly drill. A job skips a database that has its
 * backup for the slot, so a retry and a second sidecar do only what is missing.
 */
final class BackupJobs implements JobSource {

    private static final Logger log = LoggerFactory.getLogger(BackupJobs.class);
    private static final Retries RETRIES = new Retries(5, Duration.ofMinutes(2));
    private static final String AWAY = "PostgreSQL does not answer; the backup is taken as soon as it does.";
    private static final Duration WATCH = Duration.ofMinutes(5);
    private static final Duration LONGEST_WATCH = Duration.ofMinutes(10);

    private final Backups backups;
    private final BackupRun run;
    private final BackupProperties settings;
    private final RetentionPolicy policy;
    private final BackupMetrics metrics;
    private final Clock clock;
    private final Settling starting;
    private final Set<Generation> waiting = ConcurrentHashMap.newKeySet();

    BackupJobs(Backups backups, BackupRun run, BackupProperties settings, BackupMetrics metrics, Clock clock) {
        this.backups = backups;
        this.run = run;
        this.settings = settings;
        this.policy = RetentionPolicy.of(settings, backups::levelFor);
        this.metrics = metrics;
        this.clock = clock;
        this.starting =
                new Settling(clock, clock.instant().plus(settings.slots().awaitTables()));
    }

    @Override
    public List<Job> jobs() {
        if (!backups.isConfigured()) {
            return List.of();
        }
        List<Job> jobs = new ArrayList<>();
        settings.slots().schedules().forEach((generation, schedule) -> jobs.add(backup(generation, schedule)));
        settings.slots()
                .drillSchedule()
                .ifPresent(schedule -> jobs.add(
                        new Job("backup-drill", schedule, settings.dump().limit(), this::drill)
                                .withAnnouncements()
                                .onDuty(new Sharing(false, this::leave))));
        jobs.add(new Job("gone-databases", Schedule.every(WATCH), LONGEST_WATCH, this::watchForGone));
        publish();
        return jobs;
    }

    /** A server or a store that does not answer has alerts of its own. */
    private Outcome watchForGone(Run run) {
        try {
            backups.watchForGone();
            return Outcome.success("checked which databases are gone");
        } catch (BackupFailure e) {
            return Outcome.skipped("cannot determine which databases are gone: " + e.getMessage());
        }
    }

    private Job backup(Generation generation, Schedule schedule) {
        return new Job(
                        "backup-" + generation.label(),
                        schedule,
                        settings.dump().limit(),
                        RETRIES,
                        () -> Optional.of(lastDone(generation)),
                        slot -> takeOrWait(generation, slot))
                .withAnnouncements()
                .onDuty(new Sharing(false, this::leave));
    }

    /** Backups that another sidecar took and verified are in the stores, and the metrics here must not call them late. */
    private Outcome leave(String why) {
        metrics.leave();
        backups.publishStored();
        publish();
        return Outcome.skipped(why);
    }

    /** Finds the newest slot for which every database has its backup. A database without a backup makes it the epoch, so that it gets one now. */
    Instant lastDone(Generation generation) {
        Map<String, Instant> newest = newestSlots(generation);
        return databases(newest).stream()
                .map(database -> newest.getOrDefault(database, Instant.EPOCH))
                .min(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
    }

    /** Lists the databases; if the server does not answer now, those that have backups. */
    private List<String> databases(Map<String, Instant> known) {
        try {
            return backups.databases();
        } catch (BackupFailure e) {
            log.atWarn().log("cannot list the databases now, using those that have backups: {}", e.getMessage());
            return List.copyOf(known.keySet());
        }
    }

    private Map<String, Instant> newestSlots(Generation generation) {
        return backups.list().stream()
                .filter(backup -> backup.id().generation() == generation)
                .collect(Collectors.toMap(
                        backup -> backup.id().database(),
                        backup -> backup.manifest().slot(),
                        (one, other) -> one.isAfter(other) ? one : other));
    }

    /**
     * Takes the backups. Where that fails because the server is away, only the server is asked until it answers again: each further try
     * would be another failure of a backup.
     */
    Outcome takeOrWait(Generation generation, Run slot) {
        if (waiting.contains(generation) && !backups.serverAnswers()) {
            return Outcome.away(AWAY);
        }
        waiting.remove(generation);
        Outcome outcome;
        try {
            outcome = take(generation, slot);
        } catch (BackupFailure e) {
            outcome = Outcome.failure(e.getMessage());
        }
        if (outcome.result() != Result.FAILURE || backups.serverAnswers()) {
            return outcome;
        }
        waiting.add(generation);
        return Outcome.away(outcome.reason());
    }

    /** Takes the backup of each database. One that fails does not stop the others. */
    Outcome take(Generation generation, Run slot) {
        List<String> done = new ArrayList<>();
        List<String> skipped = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        List<String> all = backups.databases();
        List<String> withoutTables =
                starting.hasTime() ? all.stream().filter(backups::awaitsTables).toList() : List.of();
        take(
                generation,
                slot,
                all.stream()
                        .filter(database -> !withoutTables.contains(database))
                        .toList(),
                new Took(done, skipped, failed));
        if (!withoutTables.isEmpty()) {
            awaitTables(withoutTables);
            take(generation, slot, withoutTables, new Took(done, skipped, failed));
        }
        publish();
        if (!failed.isEmpty()) {
            return Outcome.failure(String.join("; ", failed));
        }
        return done.isEmpty()
                ? Outcome.skipped(skipped.isEmpty() ? "every database has its backup" : String.join("; ", skipped))
                : Outcome.success("taken and verified: " + String.join(", ", done));
    }

    /** An application that starts beside us makes its tables in these minutes; a backup of none, or of the first of them, would count for a day. */
    private void awaitTables(List<String> databases) {
        log.atInfo().log("the first backup waits for the tables of {}", String.join(", ", databases));
        try {
            starting.await(databases.stream()
                    .collect(Collectors.toMap(database -> database, database -> () -> backups.countTables(database))));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupFailure(Reason.SHUTDOWN, "The first backup was stopped while it waited for tables.");
        }
    }

    private record Took(List<String> done, List<String> skipped, List<String> failed) {}

    private void take(Generation generation, Run slot, List<String> databases, Took took) {
        List<String> done = took.done();
        List<String> skipped = took.skipped();
        List<String> failed = took.failed();
        for (String database : databases) {
            Optional<Backup> there = ofSlot(database, generation, slot.slot());
            if (there.filter(policy::isVerified).isPresent()) {
                continue;
            }
            try {
                BackupRun.Done taken = there.isPresent()
                        ? run.finish(there.get(), backups.progress())
                        : run.take(new TakeRequest(database, generation, slot.slot()), true, backups.progress());
                done.add(taken.backup().id() + taken.missedChecks());
                failed.addAll(taken.problems());
            } catch (BackupFailure e) {
                (e.reason() == Reason.BUSY ? skipped : failed).add(database + ": " + e.getMessage());
            }
        }
    }

    private Optional<Backup> ofSlot(String database, Generation generation, Instant slot) {
        return backups.list().stream()
                .filter(backup -> backup.id().database().equals(database)
                        && backup.id().generation() == generation
                        && backup.manifest().slot().equals(slot))
                .max(Comparator.comparing(policy::isVerified));
    }

    /** Verifies the newest backup of each database again, from each store: storage rots, keys get lost, extensions vanish. */
    Outcome drill(Run slot) {
        List<String> held = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (Backup backup : newestOfEachStore()) {
            try {
                Verification verification =
                        backups.verify(backup, backups.levelFor(backup.manifest()), backups.progress());
                String what = "%s in '%s'".formatted(backup.id(), backup.store());
                if (verification.held()) {
                    held.add(what + BackupRun.missedChecks(List.of(verification)));
                } else {
                    failed.add(what + ": " + String.join("; ", verification.problems()));
                }
            } catch (BackupFailure e) {
                failed.add("%s in '%s': %s".formatted(backup.id(), backup.store(), e.getMessage()));
            }
        }
        publish();
        if (!failed.isEmpty()) {
            return Outcome.failure(String.join("; ", failed));
        }
        return held.isEmpty()
                ? Outcome.skipped("there is no backup yet")
                : Outcome.success("verified: " + String.join(", ", held));
    }

    private List<Backup> newestOfEachStore() {
        return List.copyOf(backups.list().stream()
                .collect(Collectors.toMap(
                        backup -> backup.store() + "/" + backup.id().database(),
                        backup -> backup,
                        (one, other) -> one.id().compareTo(other.id()) > 0 ? one : other))
                .values());
    }

    /** Publishes the next slots, the number of backups, and the free space. */
    private void publish() {
        Map<Generation, Schedule> schedules = settings.slots().schedules();
        schedules.forEach((generation, schedule) ->
                metrics.due(generation, schedule.next(clock.instant()).orElse(null)));
        backups.measureRoom();
        try {
            backups.lookForGone();
            Set<String> forgotten = backups.gone().stream()
                    .filter(gone -> gone.forgotten().isPresent())
                    .map(Backups.Gone::database)
                    .collect(Collectors.toSet());
            backups.list().stream()
                    .filter(backup -> !forgotten.contains(backup.id().database()))
                    .collect(Collectors.groupingBy(
                            backup -> backup.id().database(),
                            Collectors.groupingBy(backup -> backup.id().generation())))
                    .forEach((database, generations) -> generations.forEach((generation, kept) -> metrics.kept(
                            database,
                            generation,
                            kept.stream().map(Backup::id).distinct().count(),
                            kept.stream()
                                    .max(Comparator.comparing(Backup::id))
                                    .filter(Backup::isSuspect)
                                    .isPresent())));
        } catch (BackupFailure e) {
            log.atWarn().log("cannot count the backups now: {}", e.getMessage());
        }
    }
}
