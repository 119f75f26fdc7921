package dev.sidecar.pitr;

import dev.sidecar.checks.OwnChecks;
import dev.sidecar.pitr.Chain.Reach;
import dev.sidecar.pitr.LiveCluster.Archiver;
import dev.sidecar.pitr.LiveCluster.Markers;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.ScratchFolder;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Proves a recovery on both sides of a moment: what was written before it is there, what was written after it is not. The recovered
 * server runs in the prover, which has neither the repository nor a secret nor a network.
 */
final class RecoveryDrill {

    private static final long POLL_MS = 2_000;
    private static final int SAMPLED_TABLES = 5;
    private static final int LOG = 64 * 1024;
    private static final double LEAST_SHARE = 0.5;
    private static final long SMALL = 1_000;
    private static final Pattern DATABASE_TO_CHECK = Pattern.compile("[^\\p{Cntrl}]{1,63}");
    private static final Pattern PREPARED = Pattern.compile("max_prepared_xacts setting: +(\\d{1,6})\\b");

    /**
     * Nothing of the cluster's own settings: they may name libraries and programs. With hot_standby off the recovery needs none of the
     * limits that the live server has, but for prepared transactions.
     */
    private static final String SETTINGS = """
            shared_preload_libraries = ''
            session_preload_libraries = ''
            local_preload_libraries = ''
            archive_mode = off
            archive_command = ''
            restore_command = 'cp "%1$s/wal/%%f" "%%p"'
            recovery_target_action = promote
            recovery_target_inclusive = on
            recovery_target_timeline = '%2$d'
            hot_standby = off
            primary_conninfo = ''
            fsync = off
            full_page_writes = off
            autovacuum = off
            jit = off
            ssl = off
            max_wal_senders = 0
            max_logical_replication_workers = 0
            max_parallel_workers_per_gather = 0
            max_prepared_transactions = %3$d
            max_locks_per_transaction = 1024
            max_connections = 20
            shared_buffers = 128MB
            restart_after_crash = off
            lc_messages = C
            timezone = UTC
            log_timezone = UTC
            """;

    private final PgBackRest pgBackRest;
    private final Repository repository;
    private final LiveCluster live;
    private final Postgres postgres;
    private final OwnChecks checks;
    private final PitrProperties settings;
    private final Clock clock;

    RecoveryDrill(
            PgBackRest pgBackRest,
            Repository repository,
            LiveCluster live,
            Postgres postgres,
            OwnChecks checks,
            PitrProperties settings,
            Clock clock) {
        this.pgBackRest = pgBackRest;
        this.repository = repository;
        this.live = live;
        this.postgres = postgres;
        this.checks = checks;
        this.settings = settings;
        this.clock = clock;
    }

    /** How many tables each database has now for which you have checks. */
    Map<String, Supplier<OptionalLong>> tablesThatChecksAskFor() {
        return live.databases().stream()
                .filter(checks::areFor)
                .collect(Collectors.toMap(database -> database, database -> () -> live.countTables(database)));
    }

    /**
     * A drill that was run.
     *
     * @param result of it
     * @param blamesSet whether the set did not lead to the moment; what was merely late, or your own checks, say nothing of it
     */
    record Drilled(RecoveryResult result, boolean blamesSet) {}

    /** Runs one. @throws BackupFailure if it could not be run, which says nothing about the sets */
    Drilled run(RecoveryResults.Tried tried) throws InterruptedException {
        postgres.unisolated().ifPresent(why -> {
            throw new BackupFailure(Reason.NOT_CONFIGURED, why);
        });
        Instant begun = clock.instant();
        try {
            return run(begun, tried);
        } catch (BackupFailure e) {
            return new Drilled(failed(e, begun, "-", begun), false);
        }
    }

    private Drilled run(Instant begun, RecoveryResults.Tried tried) throws InterruptedException {
        Archiver server = live.archiver();
        long size = server.segmentBytes();
        Repository.Contents known = repository.read();
        if (known.current().isEmpty()) {
            throw new BackupFailure(Reason.UNPROVEN, "There is no set yet; the job pitr-full takes one.");
        }
        Duration rpo = known.archived().values().stream()
                .max(Instant::compareTo)
                .map(newest -> Duration.between(newest, begun))
                .filter(age -> !age.isNegative())
                .orElse(Duration.ZERO);
        // Before the moment: a table that is made after it cannot be in what is recovered.
        Map<String, Map<String, Long>> tables = live.databases().stream()
                .collect(Collectors.toMap(database -> database, database -> live.sample(database, SAMPLED_TABLES)));
        Markers markers = live.mark(UUID.randomUUID());
        live.pushWal();
        Findings findings = new Findings();
        Optional<Chain> arrived = awaitArchived(markers, size);
        if (arrived.isEmpty()) {
            requireSame(server, live.archiver());
            findings.problem("The WAL of the drill's markers did not reach the archive within %s."
                    .formatted(Durations.of(settings.rpo())));
            return new Drilled(findings.result(begun, "-", markers.moment(), rpo, Duration.ZERO, 0), false);
        }
        Reach reach = chooseWithTablespaces(arrived.get(), markers, size, tried);
        Drilled drilled;
        try {
            drilled = from(reach, markers, size, tables, findings, begun, rpo);
        } catch (BackupFailure e) {
            drilled = new Drilled(failed(e, begun, reach.set().label(), markers.moment()), true);
        }
        if (drilled.blamesSet()) {
            requireSame(server, archiverIfItAnswers().orElse(server));
        }
        return drilled;
    }

    private Optional<Archiver> archiverIfItAnswers() {
        try {
            return Optional.of(live.archiver());
        } catch (BackupFailure e) {
            return Optional.empty();
        }
    }

    /** What a server wrote last before another took its place may be of a past that was given up, and the markers with it. */
    private static void requireSame(Archiver before, Archiver now) {
        if (before.timeline() != now.timeline() || !before.systemId().equals(now.systemId())) {
            throw new BackupFailure(
                    Reason.UNPROVEN,
                    "The server was promoted, recovered or replaced while the drill ran (timeline %d, then %d), so that it says nothing of the sets: it has to be run again."
                            .formatted(before.timeline(), now.timeline()));
        }
    }

    private static RecoveryResult failed(BackupFailure e, Instant begun, String set, Instant moment) {
        return switch (e.reason()) {
            case RESTORE, DAMAGED, ENCRYPTION, DIFFERENT, STORAGE, NOT_FOUND ->
                new RecoveryResult(
                        begun,
                        set,
                        moment,
                        Duration.ZERO,
                        Duration.ZERO,
                        0,
                        List.of(HostileText.line(e.getMessage())),
                        List.of(),
                        List.of());
            default -> throw e;
        };
    }

    private Drilled from(
            Reach reach,
            Markers markers,
            long size,
            Map<String, Map<String, Long>> tables,
            Findings findings,
            Instant begun,
            Duration rpo)
            throws InterruptedException {
        long started = System.nanoTime();
        try (ScratchFolder folder = postgres.scratchFolder(reach.set().bytes())) {
            SetFiles files = new SetFiles(pgBackRest, folder);
            files.restore(
                    reach.set(), repository.tablespaces(reach.set().label()).keySet(), settings.limit());
            long segments = fetchWal(files, reach, size);
            Client client = postgres.programs().ofMajor(reach.set().version());
            long needed = reach.set().bytes() + segments * size;
            try (ScratchServer server = postgres.scratchServerOf(client, needed, live.superuser())) {
                server.endAfter(settings.limit());
                try {
                    files.moveTo(server);
                    recover(server, client, reach, markers);
                    Duration rto = Duration.ofNanos(System.nanoTime() - started);
                    judge(server, reach, markers, tables, findings);
                    boolean blamesSet = !findings.problems.isEmpty();
                    findings.measured(rpo, rto, settings);
                    findings.line("Set %s (%s), %d segments of WAL replayed, %s."
                            .formatted(reach.set().label(), reach.set().type().words(), segments, server.isolation()));
                    RecoveryResult result =
                            findings.result(begun, reach.set().label(), markers.moment(), rpo, rto, segments);
                    if (!result.held()) {
                        server.requirePlace();
                    }
                    return new Drilled(result, blamesSet);
                } catch (BackupFailure e) {
                    server.requirePlace();
                    throw e;
                }
            }
        }
    }

    /**
     * Replay makes a tablespace that is younger than the set where the live server has it: in a folder that the prover lacks, and that on
     * the server's own machine is the live one's.
     */
    private Reach chooseWithTablespaces(Chain chain, Markers markers, long size, RecoveryResults.Tried tried)
            throws InterruptedException {
        Reach reach = choose(chain, markers, size, tried);
        List<Long> spaces = live.tablespaces();
        Chain left = chain;
        while (!spaces.isEmpty()
                && !repository.tablespaces(reach.set().label()).keySet().containsAll(spaces)) {
            String young = reach.set().label();
            left = left.without(set -> set.label().equals(young));
            try {
                reach = choose(left, markers, size, tried);
            } catch (BackupFailure e) {
                throw new BackupFailure(
                        Reason.UNPROVEN,
                        "A tablespace was created after the newest set was taken, and what is in it cannot be recovered in the prover: take a set ('sidecar pitr backup').",
                        e);
            }
        }
        return reach;
    }

    /**
     * A full set that was never recovered from goes first, then one that failed, the longest ago of several; otherwise the newest set, as
     * after a disaster. After one that failed comes one that did not, so that it is not in the way of the others.
     */
    static Reach choose(Chain chain, Markers markers, long size, RecoveryResults.Tried tried) {
        List<Reach> leading = chain.reaches().stream()
                .filter(chain::isOnTheWay)
                .filter(reach -> reach.last()
                        .filter(last -> last.number(size) >= markers.segment(size))
                        .isPresent())
                .toList();
        if (leading.isEmpty()) {
            throw new BackupFailure(
                    Reason.DAMAGED,
                    "No set leads to now: take one with 'sidecar pitr backup full', and check the gaps that 'sidecar pitr' lists.");
        }
        // One that was being taken meanwhile begins after the moment; taking it ends a segment.
        List<Reach> usable = leading.stream()
                .filter(reach -> reach.set().lastWal().number(size) < markers.lsnA() / size)
                .toList();
        if (usable.isEmpty()) {
            throw new BackupFailure(
                    Reason.UNPROVEN, "The only set that leads to now was completed while the drill ran: try again.");
        }
        Reach newest = usable.get(usable.size() - 1);
        Comparator<Reach> longestAgo =
                Comparator.comparing(reach -> tried.failed(reach.set().label()).orElse(Instant.EPOCH));
        if (tried.failed(tried.last()).isPresent()) {
            return usable.stream()
                    .filter(reach -> tried.failed(reach.set().label()).isEmpty())
                    .reduce((older, newer) -> newer)
                    .orElseGet(() -> usable.stream().min(longestAgo).orElse(newest));
        }
        return usable.stream()
                .filter(reach -> tried.failed(reach.set().label()).isPresent()
                        || reach.set().type() == PhysicalSet.Type.FULL
                                && !tried.proven().contains(reach.set().label()))
                .min(longestAgo.thenComparing(reach -> reach.set().stopped(), Comparator.reverseOrder()))
                .orElse(newest);
    }

    private Optional<Chain> awaitArchived(Markers markers, long size) throws InterruptedException {
        long until = System.nanoTime() + settings.rpo().toNanos();
        while (true) {
            Repository.Contents contents = repository.read().requireNewest();
            long number = markers.segment(size);
            if (contents.archived()
                    .containsKey(Segment.of(contents.lineage().timelineOf(number, size), number, size))) {
                return Optional.of(Chain.of(contents, size));
            }
            if (System.nanoTime() > until) {
                return Optional.empty();
            }
            Thread.sleep(POLL_MS);
        }
    }

    private long fetchWal(SetFiles files, Reach reach, long size) throws InterruptedException {
        Lineage lineage = repository.read().lineage();
        for (Lineage.Fork fork : lineage.forks()) {
            if (fork.timeline() > 1) {
                files.fetch("%08X.history".formatted(fork.timeline()));
            }
        }
        if (lineage.newest() > 1) {
            files.fetch("%08X.history".formatted(lineage.newest()));
        }
        long fetched = 0;
        long last = reach.last().orElse(reach.set().lastWal()).number(size);
        for (long number = reach.set().firstWal().number(size); number <= last; number++) {
            String name =
                    Segment.of(lineage.timelineOf(number, size), number, size).name();
            if (!files.fetch(name)) {
                throw new BackupFailure(
                        Reason.DAMAGED, "The archive lists WAL segment %s, but does not return it.".formatted(name));
            }
            fetched++;
        }
        return fetched;
    }

    private void recover(ScratchServer server, Client client, Reach reach, Markers markers)
            throws InterruptedException {
        String control = server.start(List.of(
                        client.program("pg_controldata"),
                        "-D",
                        server.work().resolve("data").toString()))
                .finish(Reason.RESTORE);
        Matcher prepared = PREPARED.matcher(control);
        String configuration = SETTINGS.formatted(
                        server.work(),
                        reach.last().orElse(reach.set().lastWal()).timeline(),
                        prepared.find() ? Integer.parseInt(prepared.group(1)) : 0)
                + RecoveryTarget.at(markers.moment()).configuration()
                // A trigger of a login would run with each of our sessions.
                + (client.major() >= 17 ? "event_triggers = off\n" : "");
        try {
            server.serve(configuration, settings.limit());
        } catch (BackupFailure e) {
            throw new BackupFailure(
                    Reason.RESTORE, RecoveryLog.explained(HostileText.forLog(server.log(LOG)), e.getMessage()), e);
        }
    }

    private void judge(
            ScratchServer server,
            Reach reach,
            Markers markers,
            Map<String, Map<String, Long>> tables,
            Findings findings)
            throws InterruptedException {
        List<String> databases;
        try (Session session = server.address().connect(live.maintenanceDatabase(), "sidecar verify")) {
            List<String> sides = LiveCluster.sides(session, markers.drill());
            if (sides.equals(List.of("A"))) {
                findings.line("At %s marker A is there, and marker B, written after it, is not."
                        .formatted(RecoveryTarget.at(markers.moment()).words()));
            } else {
                findings.problem("Recovered to %s, the markers A (before) and B (after) exist: %s; only A may exist."
                        .formatted(RecoveryTarget.at(markers.moment()).words(), HostileText.line(sides.toString())));
            }
            position(session, reach, markers, findings);
            databases = LiveCluster.databases(session);
        } catch (SQLException e) {
            throw new BackupFailure(
                    Reason.RESTORE,
                    "The recovered server does not answer: " + HostileText.line(String.valueOf(e.getMessage())),
                    e);
        }
        for (String database : databases) {
            if (DATABASE_TO_CHECK.matcher(database).matches()) {
                inspect(server, database, tables.getOrDefault(database, Map.of()), markers.moment(), findings);
            }
        }
    }

    private static void position(Session session, Reach reach, Markers markers, Findings findings) throws SQLException {
        long lsn =
                Long.parseLong(session.text("SELECT coalesce((pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint, 0)"));
        long timeline = Segment.hex(session.text("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"));
        long before = reach.last().orElse(reach.set().lastWal()).timeline();
        if (lsn < markers.lsnA() || lsn > markers.lsnB()) {
            findings.problem("It stopped at position %s of the WAL, which is not between %s and %s."
                    .formatted(
                            RecoveryTarget.written(lsn),
                            RecoveryTarget.written(markers.lsnA()),
                            RecoveryTarget.written(markers.lsnB())));
        }
        if (lsn < markers.lsnA()) {
            findings.problem(
                    "It stopped at a transaction before marker A whose time is later than the moment: the clock of the database's host was set back since set %1$s was taken. Take a full set, if there is none since. No later moment can be recovered from this one: 'pgbackrest expire --set=%1$s' removes it."
                            .formatted(reach.set().label()));
        }
        if (timeline != before + 1) {
            findings.problem("It is on timeline %d after timeline %d.".formatted(timeline, before));
        }
        findings.line(
                "Timeline %d, recovered to position %s of the WAL.".formatted(before, RecoveryTarget.written(lsn)));
    }

    private void inspect(
            ScratchServer server, String database, Map<String, Long> tables, Instant moment, Findings findings)
            throws InterruptedException {
        if (server.hasAmcheck()) {
            server.corruption(server.connectionString(database), 2, false)
                    .ifPresent(what -> findings.problem("amcheck finds damage in database '%s': %s"
                            .formatted(HostileText.line(database), first(what))));
        }
        try (Session session = server.address().connect(database, "sidecar verify")) {
            tables.forEach((table, expected) -> {
                try {
                    long rows = Long.parseLong(session.text("SELECT count(*) FROM ONLY " + table));
                    findings.counted++;
                    if (isLow(rows, expected) && isLow(rows, live.countRows(database, table, expected))) {
                        findings.problem("Table %s of database '%s' has %d rows where the live one has about %d."
                                .formatted(HostileText.line(table), HostileText.line(database), rows, expected));
                    }
                } catch (SQLException e) {
                    findings.problem("Table %s of database '%s' cannot be read: %s"
                            .formatted(
                                    HostileText.line(table),
                                    HostileText.line(database),
                                    HostileText.line(String.valueOf(e.getMessage()))));
                }
            });
        } catch (SQLException e) {
            throw new BackupFailure(
                    Reason.RESTORE,
                    "The recovered server does not answer: " + HostileText.line(String.valueOf(e.getMessage())),
                    e);
        }
        findings.databases++;
        if (checks.areFor(database)) {
            findings.checks.addAll(
                    checks.run(database, () -> server.address().connect(database, "sidecar verify"), "public", moment));
        }
    }

    private static boolean isLow(long rows, long expected) {
        return expected >= SMALL && rows < expected * LEAST_SHARE;
    }

    private static String first(String found) {
        String line = HostileText.line(found.lines().findFirst().orElse(""));
        return line.length() > 300 ? line.substring(0, 300) + "…" : line;
    }

    /** The observations of one drill, until it is complete. */
    private static final class Findings {

        private final List<String> problems = new ArrayList<>();
        private final List<String> lines = new ArrayList<>();
        private final List<CheckResult> checks = new ArrayList<>();
        private int counted;
        private int databases;

        void problem(String sentence) {
            problems.add(sentence);
        }

        void line(String sentence) {
            lines.add(sentence);
        }

        void measured(Duration rpo, Duration rto, PitrProperties settings) {
            line("RPO: the newest archived WAL was %s old. RTO: the recovery took %s."
                    .formatted(Durations.of(rpo), Durations.of(rto)));
            line("amcheck on %d databases; %d sampled tables counted.".formatted(databases, counted));
            if (rpo.compareTo(settings.rpo()) > 0) {
                problem("The newest archived WAL was %s old; %s is allowed (sidecar.pitr.rpo)."
                        .formatted(Durations.of(rpo), Durations.of(settings.rpo())));
            }
            if (rto.compareTo(settings.rto()) > 0) {
                problem("The recovery took %s; %s is allowed (sidecar.pitr.rto)."
                        .formatted(Durations.of(rto), Durations.of(settings.rto())));
            }
        }

        RecoveryResult result(Instant at, String set, Instant moment, Duration rpo, Duration rto, long segments) {
            return new RecoveryResult(at, set, moment, rpo, rto, segments, problems, lines, checks);
        }
    }
}
