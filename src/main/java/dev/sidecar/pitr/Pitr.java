package dev.sidecar.pitr;

import dev.sidecar.jobs.Settling;
import dev.sidecar.pitr.LiveCluster.Archiver;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes sets, looks at the chain, and proves recoveries. */
public final class Pitr {

    private static final Logger log = LoggerFactory.getLogger(Pitr.class);
    private static final Duration QUICK = Duration.ofMinutes(2);
    /** Clocks differ, so that what was pushed may seem to have arrived before. */
    private static final Duration PUSH_AGAIN = Duration.ofHours(1);

    private static final Pattern LABEL = Pattern.compile("\\d{8}-\\d{6}F(?:_\\d{8}-\\d{6}[DI])?");

    private final PitrProperties settings;
    private final PgBackRest pgBackRest;
    private final Repository repository;
    private final LiveCluster live;
    private final RecoveryDrill drill;
    private final RecoveryResults results;
    private final PitrMetrics metrics;
    private final Clock clock;
    private final Settling starting;
    private final ReentrantLock drilling = new ReentrantLock();
    private volatile @Nullable PitrState known;
    private volatile Optional<String> trouble = Optional.empty();
    private volatile Optional<String> unreadable = Optional.empty();
    private volatile long segmentBytes = Archiver.unknown().segmentBytes();
    private volatile Instant pushed = Instant.EPOCH;
    private long failedAtSuccess;
    private boolean countedFailures;

    Pitr(
            PitrProperties settings,
            PgBackRest pgBackRest,
            Repository repository,
            LiveCluster live,
            RecoveryDrill drill,
            RecoveryResults results,
            PitrMetrics metrics,
            Clock clock) {
        this.settings = settings;
        this.pgBackRest = pgBackRest;
        this.repository = repository;
        this.live = live;
        this.drill = drill;
        this.results = results;
        this.metrics = metrics;
        this.clock = clock;
        this.starting = new Settling(clock, clock.instant().plus(settings.awaitTables()));
        if (settings.enabled()) {
            metrics.register(settings);
        }
    }

    /** Tells whether sets and WAL are kept by pgBackRest. */
    public boolean isEnabled() {
        return settings.enabled();
    }

    PitrProperties settings() {
        return settings;
    }

    /** The result of the last check; empty before the first. */
    public Optional<PitrState> known() {
        return Optional.ofNullable(known);
    }

    /** Why the newest drill could not be run, if so: that says nothing about the sets. */
    public Optional<String> trouble() {
        return trouble;
    }

    /** Why the repository could not be read when last looked, if so: then {@link #known} is older. */
    public Optional<String> unreadable() {
        return unreadable;
    }

    /** The newest drill. */
    public Optional<RecoveryResult> lastDrill() {
        return results.newest();
    }

    /**
     * Says for a person whether a target can be recovered to, by what was seen when last looked: with which set, or why not.
     *
     * @throws BackupFailure that says why not, and what can be recovered
     */
    public String leadsTo(RecoveryTarget target) throws InterruptedException {
        RecoveryPlan plan = RecoveryPlan.of(target, Chain.of(repository.read(), segmentBytes));
        return "It is recovered from set %s (%s) and at most %d segments of WAL."
                .formatted(plan.reach().set().label(), plan.reach().set().type().words(), plan.segments());
    }

    /** How old the newest drill may be. */
    public Duration greatestAgeOfDrill() {
        return settings.setAge();
    }

    /** Looks at the repository and the server. @throws BackupFailure if the repository cannot be read */
    public synchronized PitrState look() throws InterruptedException {
        List<String> problems = new ArrayList<>();
        Archiver archiver = askServer(problems);
        Repository.Contents contents = readable();
        PitrState state = new ChainJudgement(settings, clock.instant())
                .of(
                        contents,
                        Chain.of(contents, segmentBytes),
                        archiver,
                        problems,
                        new ChainJudgement.Seen(
                                failures(archiver),
                                free(),
                                results.newest(),
                                results.tried().failed()));
        known = state;
        metrics.update(state, results.held());
        return state;
    }

    /**
     * Asks server and repository whether the steps of docs/pitr.md fit together, and changes nothing.
     *
     * @return what they said
     * @throws BackupFailure that says which step is missing
     */
    public String answer() throws InterruptedException {
        Archiver archiver = live.archiver();
        if (!archiver.on()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED, "the server does not archive: set archive_mode = on and restart it");
        }
        if (archiver.failing()) {
            throw new BackupFailure(
                    Reason.STORAGE,
                    "the server's last attempt to archive failed; its log has the messages of archive_command");
        }
        live.requireRights();
        Repository.Contents contents = repository.read().requireNewest();
        ChainJudgement.ofAnother(contents, archiver, pgBackRest.stanza()).ifPresent(why -> {
            throw new BackupFailure(Reason.DIFFERENT, why);
        });
        int sets = contents.current().size();
        return "the server archives, and the repository has %d %s and %d segments of WAL"
                .formatted(sets, sets == 1 ? "set" : "sets", contents.archived().size());
    }

    private Repository.Contents readable() throws InterruptedException {
        try {
            Repository.Contents contents = repository.read();
            unreadable = Optional.empty();
            return contents;
        } catch (BackupFailure e) {
            unreadable = Optional.of(e.getMessage());
            throw e;
        }
    }

    /** While it does not answer, its segments are as large as they were. */
    private Archiver askServer(List<String> problems) {
        try {
            Archiver archiver = live.archiver();
            segmentBytes = archiver.segmentBytes();
            return archiver;
        } catch (BackupFailure e) {
            problems.add(e.getMessage());
            return Archiver.unknown();
        }
    }

    /** Tells whether the server answers now. */
    boolean serverAnswers() {
        return live.answers();
    }

    /** PostgreSQL counts since its statistics were reset. */
    private long failures(Archiver archiver) {
        if (!archiver.failing()) {
            failedAtSuccess = archiver.failed();
            countedFailures = true;
            return 0;
        }
        return countedFailures ? Math.max(1, archiver.failed() - failedAtSuccess) : Math.max(1, archiver.failed());
    }

    private long free() {
        if (settings.repository().isBlank()) {
            return -1;
        }
        try {
            return Files.getFileStore(Path.of(settings.repository())).getUsableSpace();
        } catch (IOException e) {
            return -1;
        }
    }

    /**
     * Has WAL archived if the newest is getting old although the server is idle: a server without work fills no segment. While the archive
     * takes none, each push would leave another segment on the disk of the database, so there is no other before the last one arrived.
     */
    void pushIfIdle(PitrState state) {
        Instant now = clock.instant();
        Instant archived = state.archived().orElse(Instant.EPOCH);
        boolean old = !archived.isAfter(now.minus(settings.rpo().dividedBy(2)));
        boolean waiting = pushed.isAfter(archived) && pushed.isAfter(now.minus(PUSH_AGAIN));
        if (old && !waiting && state.failures() == 0 && !state.sets().isEmpty()) {
            live.pushWal();
            pushed = now;
        }
    }

    /** Takes a set. It is a full one if there is none to build on. @return its label */
    String take(PhysicalSet.Type type) throws InterruptedException {
        if (!repository.read().exists()) {
            pgBackRest.run(QUICK, "stanza-create", List.of());
        }
        try {
            pgBackRest.run(settings.limit(), "backup", List.of("--type=" + type.label(), "--no-expire-auto"));
        } catch (BackupFailure e) {
            long free = free();
            // The first that misses the room is WAL, which then is said to be late.
            throw free >= 0 && free < segmentBytes
                    ? new BackupFailure(Reason.SPACE, PgBackRest.FULL + " " + e.getMessage(), e)
                    : e;
        }
        String label = repository.read().sets().stream()
                .reduce((older, newer) -> newer)
                .map(PhysicalSet::label)
                .orElseThrow(() -> new BackupFailure(Reason.STORAGE, "The set is not in the repository."));
        expire();
        look();
        return label;
    }

    /**
     * Removes what pgBackRest's retention no longer keeps, unless the last set from which a recovery was proven is among it: until a
     * younger one is proven, it is the only one that is known to work.
     *
     * @return whether it was allowed
     */
    boolean expire() throws InterruptedException {
        Optional<String> proven = results.held().map(RecoveryResult::set);
        if (proven.isPresent()) {
            String plan = pgBackRest.runTelling(QUICK, "expire", List.of("--dry-run"));
            boolean loses = LABEL.matcher(plan)
                    .results()
                    .anyMatch(label -> label.group().equals(proven.get()));
            if (loses) {
                log.atInfo()
                        .addKeyValue("set", proven.get())
                        .log("no set expires: the last one from which a recovery was proven would be among them");
                return false;
            }
        }
        pgBackRest.run(settings.limit(), "expire", List.of());
        return true;
    }

    /** The first drill waits while an application that starts beside us makes its tables: your checks ask for them. */
    void awaitTables() throws InterruptedException {
        if (results.newest().isEmpty() && starting.hasTime()) {
            starting.await(drill.tablesThatChecksAskFor());
        }
    }

    /** Proves a recovery now. @throws BackupFailure if that could not be tried, which says nothing about the sets */
    public RecoveryResult prove() throws InterruptedException {
        if (!drilling.tryLock()) {
            throw new BackupFailure(Reason.BUSY, "A drill is running already.");
        }
        try {
            RecoveryDrill.Drilled drilled = drill.run(results.tried());
            trouble = Optional.empty();
            results.put(drilled);
            return drilled.result();
        } catch (BackupFailure e) {
            trouble = Optional.of(e.getMessage());
            throw e;
        } finally {
            drilling.unlock();
        }
    }
}
