package dev.sidecar.backup;

import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupEvent;
import dev.sidecar.sets.BackupEvent.Type;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.RefusedSet;
import dev.sidecar.sets.Vanished;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.text.Durations;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers all work with backups to the command line, the schedule, the HTTP API and the proofs. Long methods report to a {@link Progress}
 * and can be interrupted; they then remove their unfinished work. A failure is a {@link BackupFailure} with a reason.
 */
public final class Backups {

    private static final Logger log = LoggerFactory.getLogger(Backups.class);

    private static final OptionalLong NONE = OptionalLong.of(0);

    private final BackupProperties settings;
    private final BackupTools tools;
    private final BackupMetrics metrics;
    private final InUse inUse;
    private final Vanished vanished;
    private volatile Set<String> missing = Set.of();

    Backups(BackupProperties settings, BackupTools tools, InUse inUse, BackupMetrics metrics) {
        this.settings = settings;
        this.tools = tools;
        this.metrics = metrics;
        this.inUse = inUse;
        this.vanished =
                new Vanished(settings.seenFile(), RetentionPolicy.of(settings, this::levelFor)::keep, tools.clock());
    }

    /** Tells whether a server to back up is configured. */
    public boolean hasServer() {
        return tools.postgres().isConfigured();
    }

    /** Tells whether a server to back up and a store are configured. */
    public boolean isConfigured() {
        return hasServer() && !tools.catalogue().stores().isEmpty();
    }

    /** Tells whether the server answers now. */
    boolean serverAnswers() {
        return tools.postgres().answers();
    }

    /** Lists the databases to back up: those on the server that the settings select, without those that were forgotten. */
    public List<String> databases() {
        requireConfigured();
        Set<String> forgotten = forgotten();
        return tools.postgres().databases().stream()
                .filter(database -> !forgotten.contains(database))
                .toList();
    }

    /** A store that does not answer is told where backups are taken, for each database. */
    private Set<String> forgotten() {
        try {
            return forgotten(newestOfEach(tools.catalogue().list()));
        } catch (BackupFailure e) {
            return Set.of();
        }
    }

    /** A database that has backups and is no longer on the server. @param forgotten why nobody needs to be told any more */
    public record Gone(String database, Instant since, Optional<String> forgotten) {

        /** Says it for a person. */
        public String sentence() {
            return forgotten
                    .map(why -> "%s is gone since %s and was forgotten: %s".formatted(database, since, why))
                    .orElseGet(() ->
                            "%s is gone from the server since %s: restore it, or end its alarms with 'sidecar forget %s'"
                                    .formatted(database, since, database));
        }
    }

    /** Lists the databases that are gone, as was found before: the server is not asked. */
    public List<Gone> gone() {
        return newestOfEach(list()).values().stream()
                .flatMap(backup ->
                        backup
                                .goneSince()
                                .map(since -> new Gone(backup.id().database(), since, backup.forgotten()))
                                .stream())
                .toList();
    }

    /** Looks which databases are gone, records that beside their newest backups, and forgets those that are gone for long. */
    void lookForGone() {
        recordGone(measureGone());
    }

    /**
     * The same, for often: who is replaced by a restore is away for a moment, and is recorded only if it was missing the last time, too.
     */
    void watchForGone() {
        Set<String> before = missing;
        Map<String, Backup> gone = measureGone();
        gone.keySet().retainAll(before);
        recordGone(gone);
    }

    /** Publishes which databases that have backups are missing. @return those that nobody forgot, with their newest backups */
    private Map<String, Backup> measureGone() {
        Catalogue.Listing listing = look();
        Map<String, Backup> newest = newestOfEach(listing.backups());
        // Before the server is asked: whoever deletes backups may have stopped it.
        vanished.look(listing, forgotten(newest)).forEach(metrics::vanished);
        List<String> existing = tools.postgres().existing();
        Map<String, Backup> gone = new LinkedHashMap<>();
        newest.forEach((database, backup) -> {
            if (existing.contains(database)) {
                metrics.gone(database, false);
            } else if (backup.forgotten().isEmpty()) {
                metrics.gone(database, true);
                gone.put(database, backup);
            }
        });
        missing = Set.copyOf(gone.keySet());
        return gone;
    }

    private void recordGone(Map<String, Backup> gone) {
        Instant now = tools.clock().instant();
        Duration limit = settings.slots().forgetAfter();
        gone.forEach((database, backup) -> {
            Instant since = backup.goneSince().orElse(now);
            if (backup.goneSince().isEmpty()) {
                log.atWarn()
                        .addKeyValue("database", database)
                        .log(
                                "the database is gone from the server; restore it, or end its alarms with 'sidecar forget'");
                mark(backup.id(), Type.GONE, "the database was no longer on the server");
            }
            if (!limit.isZero() && !now.isBefore(since.plus(limit))) {
                forget(
                        database,
                        "it has been gone for %s (sidecar.backup.slots.forget-after)".formatted(Durations.of(limit)));
            }
        });
    }

    /** Forgets a database that is gone: it is no longer backed up, and its series have no values. Its backups stay. */
    public void forget(String database, String why) {
        requireConfigured();
        Backup newest = newestOfEach(list()).get(database);
        if (newest == null) {
            throw new BackupFailure(Reason.NOT_FOUND, "There is no backup of '%s'.".formatted(database));
        }
        if (tools.postgres().existing().contains(database)) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "Database '%s' is on the server; to do without its backups, exclude it (sidecar.backup.server.exclude)."
                            .formatted(database));
        }
        if (newest.goneSince().isEmpty()) {
            mark(newest.id(), Type.GONE, "the database was no longer on the server");
        }
        mark(newest.id(), Type.FORGOTTEN, why);
        log.atWarn().addKeyValue("database", database).log("the database is forgotten, its backups stay: {}", why);
        look();
    }

    private static Map<String, Backup> newestOfEach(List<Backup> newestFirst) {
        Map<String, Backup> newest = new LinkedHashMap<>();
        newestFirst.forEach(backup -> newest.putIfAbsent(backup.id().database(), backup));
        return newest;
    }

    private static Set<String> forgotten(Map<String, Backup> newest) {
        return newest.values().stream()
                .filter(backup -> backup.forgotten().isPresent())
                .map(backup -> backup.id().database())
                .collect(Collectors.toSet());
    }

    /** Takes one backup and publishes it. Verifying it is a separate step, which can be repeated. */
    public Backup take(TakeRequest request, Progress progress) {
        requireConfigured();
        metrics.known(request.database(), request.generation());
        try {
            Optional<Backup> previous = latest(request.database());
            Backup taken = interruptibly(() -> new Taker(settings, tools).take(request, previous, progress));
            log.atInfo()
                    .addKeyValue("backup", taken.id())
                    .addKeyValue("bytes", taken.manifest().storedBytes())
                    .addKeyValue("duration_ms", taken.manifest().duration().toMillis())
                    .log("backup taken");
            metrics.taken(taken);
            Backup compared = compareWithPrevious(taken);
            metrics.suspect(compared);
            return compared;
        } catch (BackupFailure e) {
            if (e.reason() != Reason.BUSY) {
                metrics.failed(
                        request.database(),
                        request.generation(),
                        e.reason(),
                        tools.clock().instant());
                log.atError()
                        .addKeyValue("database", request.database())
                        .addKeyValue("reason", e.reason().label())
                        .log(
                                "backup failed, nothing was published and earlier backups are unchanged: {}",
                                e.getMessage());
            }
            throw e;
        } catch (RuntimeException | Error e) {
            metrics.failed(
                    request.database(),
                    request.generation(),
                    Reason.UNEXPECTED,
                    tools.clock().instant());
            throw e;
        } finally {
            measureRoom();
        }
    }

    /** Publishes the free space of each store. */
    void measureRoom() {
        tools.catalogue().stores().forEach(metrics::room);
    }

    /** Marks a backup suspect if much is missing, and pins the one before. */
    private Backup compareWithPrevious(Backup taken) {
        Optional<Backup> previous = list().stream()
                .filter(backup -> backup.id().database().equals(taken.id().database()))
                .filter(backup ->
                        backup.manifest().startedAt().isBefore(taken.manifest().startedAt()))
                .filter(backup -> !backup.isDamaged() && !backup.isSuspect())
                .findFirst();
        List<String> anomalies = previous.map(
                        backup -> new Anomalies(settings.anomaly()).between(backup.manifest(), taken.manifest()))
                .orElse(List.of());
        if (anomalies.isEmpty()) {
            return taken;
        }
        String why = String.join(" ", anomalies);
        log.atWarn()
                .addKeyValue("backup", taken.id())
                .log(
                        "backup is suspect, the one before is pinned; inspect it, then clear the mark or restore: {}",
                        why);
        Backup suspect = tools.catalogue()
                .record(taken, BackupEvent.of(Type.SUSPECT, tools.clock().instant(), why));
        pin(previous.get().id(), "the next backup, %s, is suspect".formatted(taken.id()));
        return suspect;
    }

    /** Lists the published backups of all stores, the newest first; a backup in two stores is listed twice. */
    public List<Backup> list() {
        return look().backups();
    }

    /** Lists the sets in the stores that are refused, as nothing shows that this sidecar made them. They are no backups. */
    public List<RefusedSet> refused() {
        return look().refused();
    }

    private Catalogue.Listing look() {
        Catalogue.Listing listing = tools.catalogue().look();
        metrics.refused(tools.catalogue().stores(), listing.refused());
        publishNewest(listing.backups());
        return listing;
    }

    /** A command takes and verifies backups in a process of its own, and what it did settles what failed here. */
    private void publishNewest(List<Backup> newestFirst) {
        Set<String> forgotten = forgotten(newestOfEach(newestFirst));
        Set<String> seen = new HashSet<>();
        newestFirst.stream()
                .filter(backup ->
                        seen.add(backup.id().database() + "/" + backup.id().generation()))
                .forEach(backup -> {
                    if (forgotten.contains(backup.id().database())) {
                        metrics.forgotten(backup.id().database(), backup.id().generation());
                    } else {
                        metrics.remembered(backup);
                        metrics.suspect(backup);
                    }
                });
        newestFirst.forEach(backup -> metrics.checked(backup, backup.checks()));
    }

    /** Accepts a refused set on a person's word, and records that beside it with a signature. */
    public Backup adopt(RefusedSet refused) {
        Backup adopted = tools.catalogue().adopt(refused);
        look();
        return adopted;
    }

    /** Tries whether a backup would be refused if a bit of its manifest were changed. Changes nothing. */
    public boolean refusesForgery(Backup backup) {
        return tools.catalogue().refusesForgery(backup);
    }

    /** Trusts the public keys of a file in this process, such as those of a machine that is lost. */
    public void trust(Path publicKeys) {
        tools.catalogue().signatures().trust(publicKeys);
    }

    /** Returns the public half of the key that signs the backups, in PEM. */
    public String publicKey() {
        return tools.catalogue().signatures().publicKey();
    }

    /** Returns the id of that key, which names the files of its signatures. */
    public String keyId() {
        return tools.catalogue().signatures().keyId();
    }

    /** Finds a backup in the first store that has it. @throws BackupFailure if there is none */
    public Backup get(BackupId id) {
        Catalogue.Listing listing = look();
        return listing.backups().stream()
                .filter(backup -> backup.id().equals(id))
                .min(Comparator.comparing(backup ->
                        tools.catalogue().stores().indexOf(tools.catalogue().store(backup.store()))))
                .orElseThrow(() -> refused(id, listing, set -> true)
                        .orElseGet(() -> new BackupFailure(
                                Reason.NOT_FOUND,
                                "There is no backup %s; 'sidecar list' shows all backups.".formatted(id))));
    }

    private static Optional<BackupFailure> refused(
            BackupId id, Catalogue.Listing listing, Predicate<RefusedSet> which) {
        return listing.refused().stream()
                .filter(which)
                .filter(set -> set.set().equals(id.toString()))
                .findFirst()
                .map(set -> new BackupFailure(Reason.REFUSED, set.sentence() + "."));
    }

    /** Finds a backup in one store. @throws BackupFailure if the store does not have it */
    public Backup get(BackupId id, String store) {
        Catalogue.Listing listing = look();
        return listing.backups().stream()
                .filter(backup -> backup.id().equals(id) && backup.store().equals(store))
                .findFirst()
                .orElseThrow(() -> refused(id, listing, set -> set.store().equals(store))
                        .orElseGet(() -> new BackupFailure(
                                Reason.NOT_FOUND, "There is no backup %s in '%s'.".formatted(id, store))));
    }

    /** Finds the newest backup of a database that is not damaged. */
    public Optional<Backup> latest(String database) {
        return list().stream()
                .filter(backup -> backup.id().database().equals(database) && !backup.isDamaged())
                .findFirst();
    }

    /** Verifies a backup in its store, and records the result beside it. */
    public Verification verify(Backup backup, VerificationLevel level, Progress progress) {
        try (InUse.Hold hold = inUse.hold(backup.id())) {
            Verification found = interruptibly(() -> new Verifier(settings, tools).verify(backup, level, progress));
            write(backup, found);
            writeChecks(backup, found);
            return found;
        } catch (BackupFailure e) {
            metrics.notVerified(backup);
            log.atError()
                    .addKeyValue("backup", backup.id())
                    .addKeyValue("reason", e.reason().label())
                    .log("cannot verify the backup: {}", e.getMessage());
            throw e;
        }
    }

    private void write(Backup backup, Verification found) {
        String problems = String.join(" ", found.problems());
        if (found.reached() == null || found.verdict() == Verification.Conclusion.DAMAGED) {
            tools.catalogue().record(backup, new BackupEvent(Type.DAMAGED, found.at(), found.asked(), null, problems));
        } else {
            if (found.reached() != VerificationLevel.L0) {
                tools.catalogue()
                        .record(
                                backup,
                                new BackupEvent(
                                        Type.VERIFIED,
                                        found.at(),
                                        found.reached(),
                                        found.restoreTook(),
                                        String.join(
                                                " ",
                                                Stream.concat(found.problems().stream(), found.notes().stream())
                                                        .toList())));
            }
            metrics.verified(backup, found.reached(), found.at(), found.restoreTook());
        }
        if (found.held()) {
            log.atInfo()
                    .addKeyValue("backup", backup.id())
                    .addKeyValue("level", found.asked())
                    .addKeyValue("duration_ms", found.took().toMillis())
                    .log("backup verified");
        } else {
            metrics.notVerified(backup);
            log.atError()
                    .addKeyValue("backup", backup.id())
                    .addKeyValue("level", found.asked())
                    .addKeyValue("verdict", found.verdict())
                    .log("verification failed, {}: {}", found.advice(), problems);
        }
    }

    /** The mark comes before the results: once they are written, a check that failed is known and marks nothing again. */
    private void writeChecks(Backup backup, Verification found) {
        if (found.checks().isEmpty()) {
            return;
        }
        found.missedChecks()
                .forEach(
                        check -> log.atWarn().addKeyValue("backup", backup.id()).log("{}", check.sentence()));
        if (found.verdict() != Verification.Conclusion.DAMAGED) {
            Set<String> known = failedBefore(backup.id());
            List<CheckResult> failed = found.checks().stream()
                    .filter(check -> check.outcome() == CheckResult.CheckOutcome.FAILED)
                    .toList();
            if (failed.stream().anyMatch(check -> !known.contains(question(check)))) {
                suspect(backup, failed.stream().map(CheckResult::sentence).collect(Collectors.joining(" ")));
            }
        }
        tools.catalogue().record(backup, BackupEvent.ofChecks(found.at(), found.checks()));
        metrics.checked(backup, found.checks());
    }

    /** Somebody who cleared the mark has judged these: a backup does not change, so the same question has the same answer. */
    private Set<String> failedBefore(BackupId id) {
        return list().stream()
                .filter(copy -> copy.id().equals(id))
                .flatMap(copy -> copy.events().stream())
                .flatMap(event -> event.checks().stream())
                .filter(check -> check.outcome() == CheckResult.CheckOutcome.FAILED)
                .map(Backups::question)
                .collect(Collectors.toSet());
    }

    private static String question(CheckResult check) {
        return check.check() + " " + check.version();
    }

    /** Marks every copy of a backup suspect, and pins the newest one before that is not. */
    private void suspect(Backup backup, String why) {
        String before = get(backup.id()).suspicion().map(other -> other + " ").orElse("");
        log.atWarn()
                .addKeyValue("backup", backup.id())
                .log("backup is suspect; inspect it, then clear the mark or restore: {}", why);
        mark(backup.id(), Type.SUSPECT, before + why);
        list().stream()
                .filter(other -> other.id().database().equals(backup.id().database()))
                .filter(other ->
                        other.manifest().startedAt().isBefore(backup.manifest().startedAt()))
                .filter(other -> !other.isDamaged() && !other.isSuspect())
                .findFirst()
                .filter(other -> !other.isPinned())
                .ifPresent(other -> pin(other.id(), "a later backup, %s, is suspect".formatted(backup.id())));
        publishSuspect(backup.id());
    }

    /** The metric is about the newest of a generation, whichever was looked at. */
    private void publishSuspect(BackupId id) {
        list().stream()
                .filter(backup -> backup.id().database().equals(id.database())
                        && backup.id().generation() == id.generation())
                .findFirst()
                .ifPresent(metrics::suspect);
    }

    /** Counts the tables that a database has now. Empty if it cannot be asked. */
    OptionalLong countTables(String database) {
        try (Session session = tools.postgres().address().connect(database, "sidecar backup")) {
            return OptionalLong.of(new ContentsReader(session).countTables());
        } catch (SQLException | BackupFailure e) {
            return OptionalLong.empty();
        }
    }

    /**
     * Tells whether a backup can prove anything: one of no table does only if the database has none. The first is often taken before the
     * application has made its tables.
     */
    public boolean isOfTables(Backup backup) {
        return !backup.manifest().contents().tables().isEmpty()
                || countTables(backup.id().database()).equals(NONE);
    }

    /** Tells whether the first backup of a database has to wait for the application to make its tables. */
    boolean awaitsTables(String database) {
        return !database.equals(tools.postgres().address().maintenanceDatabase())
                && list().stream().noneMatch(backup -> backup.id().database().equals(database))
                && countTables(database).equals(NONE);
    }

    /** Tells whether the operator has checks for a database. */
    public boolean hasChecks(String database) {
        return tools.checks().areFor(database);
    }

    /** Lists what in the folder of checks is never run, each as a sentence. */
    public List<String> misplacedChecks() {
        return tools.checks().isOn() ? tools.checks().misplaced(databases()) : List.of();
    }

    /** Plans a restore: what it would do, and its blockers. Changes nothing. */
    public RestorePlan plan(RestoreRequest request) {
        requireConfigured();
        return new Planner(tools).plan(get(request.id()), request);
    }

    /** Plans again and restores; a blocker in the plan is a failure. The caller asks for confirmation. */
    public Restored restore(RestoreRequest request, Progress progress) {
        RestorePlan plan = plan(request);
        if (!plan.isPossible()) {
            throw new BackupFailure(Reason.RESTORE, "Nothing was changed. " + String.join(" ", plan.obstacles()));
        }
        try (InUse.Hold hold = inUse.hold(request.id())) {
            Restored restored =
                    interruptibly(() -> new Restorer(settings, tools).restore(get(request.id()), request, progress));
            log.atInfo()
                    .addKeyValue("backup", restored.id())
                    .addKeyValue("database", restored.database())
                    .addKeyValue("rows", restored.rows())
                    .addKeyValue("duration_ms", restored.took().toMillis())
                    .log("backup restored");
            return restored;
        }
    }

    /** Tells whether a backup is being verified or restored on this machine; it must not expire then. */
    boolean isInUse(BackupId id) {
        return inUse.isInUse(id);
    }

    /** Pins a backup: it does not expire, in any store. */
    public void pin(BackupId id, String why) {
        mark(id, Type.PINNED, why);
    }

    /** Unpins a backup: it may expire again. */
    public void unpin(BackupId id, String why) {
        mark(id, Type.UNPINNED, why);
    }

    /** Clears the suspect mark of a backup that somebody inspected and found correct. */
    public void clear(BackupId id, String why) {
        mark(id, Type.CLEARED, why);
        publishSuspect(id);
    }

    /** Tests encryption and, if this host has the secret key, decryption. @return why that fails; empty if it works */
    public Optional<String> checkKey() {
        try {
            tools.encryption().check();
            metrics.keyChecked(true);
            return Optional.empty();
        } catch (BackupFailure e) {
            metrics.keyChecked(false);
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Tells whether backups are encrypted. */
    public boolean isEncrypted() {
        return tools.encryption().isOn();
    }

    /**
     * Decides the level that a backup must be verified to before it counts as good: the level of the settings, L2 for a database that is too
     * large to be restored each time or where nothing isolates a restore, and L1 at most if this host cannot decrypt it.
     */
    public VerificationLevel levelFor(Manifest manifest) {
        VerificationLevel level = settings.verify().level();
        if (level.atLeast(VerificationLevel.L3)
                && (manifest.dumpBytes() > settings.verify().restoreUpTo().toBytes()
                        || unisolated().isPresent())) {
            level = VerificationLevel.L2;
        }
        boolean readable = tools.encryption().canRead(manifest.encryption());
        return readable || VerificationLevel.L1.atLeast(level) ? level : VerificationLevel.L1;
    }

    /** Tells why no backup is restored to prove it here: nothing isolates what it would run. Empty where it is. */
    public Optional<String> unisolated() {
        return tools.postgres().unisolated();
    }

    /** Tells whether this host has the key to read its own backups. */
    public boolean canDecrypt() {
        return tools.encryption().canRead(tools.encryption().description());
    }

    /** Returns the greatest allowed age of the newest verified backup. */
    public Duration rpo() {
        return settings.rpo();
    }

    /** Returns the greatest allowed time of a restore. */
    public Duration rto() {
        return settings.rto();
    }

    /** Creates a progress for one of the methods here. */
    public Progress progress() {
        return new Progress(tools.clock());
    }

    /** Call it once at start: removes what an earlier process left running, and publishes the metrics of the backups in the stores. */
    void begin() {
        if (!isConfigured()) {
            return;
        }
        tools.postgres().sweepScratch();
        announceKey();
        unisolated().ifPresent(why -> log.warn("backups are verified to L2 only: {}", why));
        warnOfChecks();
        checkKey().ifPresent(problem -> log.error("encryption does not work, no backup will be taken: {}", problem));
        publishStored();
    }

    /** Publishes what the stores hold, by whichever sidecar it was taken and verified. */
    void publishStored() {
        try {
            lookForGone();
            publishKnown();
        } catch (BackupFailure e) {
            log.atWarn().log("metrics of earlier backups are missing until the next run: {}", e.getMessage());
        }
    }

    /** A wrong file of a check is told with the next verification, too; nobody waits for that who just wrote it. */
    private void warnOfChecks() {
        try {
            misplacedChecks().forEach(problem -> log.warn("some of your checks will not run: {}", problem));
            databases().stream()
                    .flatMap(database -> tools.checks().unusable(database).stream())
                    .forEach(problem -> log.error("cannot use one of your checks: {}", problem));
        } catch (BackupFailure e) {
            log.atWarn().log("cannot determine which of your checks will run: {}", e.getMessage());
        }
    }

    /** Makes the key at the first start. Without one no backup can be taken, but everything else goes on. */
    private void announceKey() {
        try {
            log.atInfo()
                    .addKeyValue("key", keyId())
                    .log("backups are signed; 'sidecar key' prints the public key to keep elsewhere");
        } catch (BackupFailure e) {
            log.error("backups cannot be signed, none will be taken: {}", e.getMessage());
        }
    }

    private void publishKnown() {
        Map<String, Backup> newest = new LinkedHashMap<>();
        List<Backup> all = list();
        Set<String> forgotten = forgotten(newestOfEach(all));
        for (Backup backup : all) {
            if (forgotten.contains(backup.id().database())) {
                continue;
            }
            newest.putIfAbsent(backup.id().database() + "/" + backup.id().generation(), backup);
            backup.verification()
                    .ifPresent(event -> metrics.verified(
                            backup, java.util.Objects.requireNonNull(event.level()), event.at(), event.restoreTook()));
        }
        newest.values().forEach(backup -> {
            backup.restoreTook().ifPresent(took -> metrics.restoreMeasured(backup, took));
            if (backup.isDamaged()) {
                metrics.notVerified(backup);
            }
        });
        for (String database : databases()) {
            metrics.known(database, Generation.DAILY);
            metrics.known(database, Generation.WEEKLY);
            metrics.knownChecks(database, tools.checks().names(database));
        }
    }

    private void mark(BackupId id, Type type, String why) {
        get(id);
        list().stream()
                .filter(backup -> backup.id().equals(id))
                .forEach(backup -> tools.catalogue()
                        .record(backup, BackupEvent.of(type, tools.clock().instant(), why)));
    }

    private void requireConfigured() {
        if (!isConfigured()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "No server or store is configured: set sidecar.backup.server.host (SIDECAR_BACKUP_SERVER_HOST), and a directory or a bucket.");
        }
    }

    /** Does work that can be interrupted. */
    @FunctionalInterface
    private interface Work<T> {
        T run() throws InterruptedException;
    }

    private static <T> T interruptibly(Work<T> work) {
        try {
            return work.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupFailure(Reason.SHUTDOWN, "Stopped; unfinished work was removed.", e);
        }
    }
}
