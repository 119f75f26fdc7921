package dev.sidecar.postgres;

import dev.sidecar.postgres.ContentsReader.Digesting;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.Sequence;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.sets.Sql;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One moment of a database, held by an open transaction in which pg_dump reads and rows are counted. Before it comes the lock that lets
 * only one sidecar back up a database at a time. Closing it releases both, also from another thread while a query runs.
 */
public final class Snapshot implements AutoCloseable {

    /** "side" and "bkup" as numbers: advisory locks have no names. */
    private static final String LOCK = "(1936286821, 1651209584)";

    private static final int TABLES_IN_ONE_STATEMENT = 200;

    /** character_not_in_repertoire. */
    private static final String NO_LETTER = "22021";

    private final ServerAddress address;
    private final String database;
    private final Session session;
    private final ContentsReader reader;
    private final Manifest.Server server;

    /** Opens the session and takes the lock; no snapshot yet. @throws BackupFailure with BUSY if another has the lock */
    public Snapshot(ServerAddress address, String database) {
        this.address = address;
        this.database = database;
        session = address.connect(database, "sidecar backup");
        reader = new ContentsReader(session);
        try {
            if (!session.text("SELECT pg_try_advisory_lock" + LOCK).equals("t")) {
                throw busy();
            }
            // This sidecar has the lock, so a dump that still runs in its name has lost its sidecar.
            session.texts("""
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'sidecar backup dump' AND datname = current_database()
                      AND usename = current_user AND pid <> pg_backend_pid()
                    """);
            server = reader.server();
        } catch (SQLException | RuntimeException e) {
            close();
            throw failure(e);
        }
    }

    /**
     * Any role may take any lock. One without a backup's rights must not pass for a sidecar at work, whose run would be left to it without a
     * word.
     */
    private BackupFailure busy() throws SQLException {
        List<List<String>> strangers = session.table("""
                SELECT a.pid, a.usename, a.state, floor(extract(epoch FROM clock_timestamp() - a.xact_start))
                FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND d.datname = current_database()
                  AND (l.classid, l.objid) = %s
                  AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.usesysid AND (r.rolsuper OR r.rolbypassrls))
                """.formatted(LOCK));
        return strangers.isEmpty()
                ? new BackupFailure(
                        Reason.BUSY, "Database '%s' is being backed up by another sidecar.".formatted(database))
                : new BackupFailure(
                        Reason.LOCK_TIMEOUT,
                        "The lock that lets one sidecar at a time back up '%s' is held by %s, which is not a sidecar: end it (SELECT pg_terminate_backend(pid))."
                                .formatted(database, LockWatch.words(strangers.get(0))));
    }

    /** The session that holds the moment, for others that read of it. */
    public Session session() {
        return session;
    }

    public Manifest.Server server() {
        return server;
    }

    /** Lists what pg_dump leaves out because this role is no superuser, each for a person. */
    public List<String> hidden() {
        try {
            return reader.hidden();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Begins the transaction. @return the name of the exported snapshot */
    public String begin(Duration lockWait) {
        try {
            session.begin();
            session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            session.execute("SET lock_timeout = " + lockWait.toMillis());
            return session.text("SELECT pg_export_snapshot()");
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Locks all tables, so that none can be altered or dropped until the end, and lists them. */
    public List<Table> lockedTables() {
        try {
            refuseUnreadable();
            List<Table> tables = reader.tables();
            for (int from = 0; from < tables.size(); from += TABLES_IN_ONE_STATEMENT) {
                List<String> names =
                        tables.subList(from, Math.min(tables.size(), from + TABLES_IN_ONE_STATEMENT)).stream()
                                .map(table -> "ONLY " + Sql.quoted(table.schema()) + "." + Sql.quoted(table.name()))
                                .toList();
                session.execute("LOCK TABLE " + String.join(", ", names) + " IN ACCESS SHARE MODE");
            }
            refuseWhatIsNoTable(tables);
            return tables;
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private void refuseUnreadable() throws SQLException {
        try (Session maintenance = address.connectToMaintenance("sidecar backup")) {
            reader.refuseUnreadable(maintenance);
            reader.refuseStrangeNames(maintenance);
        }
    }

    /**
     * While a lock was waited for, a table may have been dropped and have come back as a view, whose functions would run with our rights
     * when it is counted. Our own snapshot is of before that; a session of its own sees what holds now, and the locks keep it so.
     */
    private void refuseWhatIsNoTable(List<Table> locked) throws SQLException {
        try (Session now = address.connect(database, "sidecar backup")) {
            Set<String> tables = new ContentsReader(now).namesOfTables();
            List<String> others = locked.stream()
                    .map(Table::qualifiedName)
                    .filter(name -> !tables.contains(name))
                    .toList();
            if (!others.isEmpty()) {
                throw new BackupFailure(
                        Reason.DUMP,
                        "%s changed while the backup waited for a lock; the next attempt reads the new definition."
                                .formatted(String.join(", ", others)));
            }
        }
    }

    /** Reads the contents; tables larger than the limit are not counted. */
    public Contents contents(List<Table> tables, long countedBytes, boolean digests) {
        try {
            List<Sequence> sequences = reader.sequences();
            List<Table> counted = new ArrayList<>();
            for (Table table : tables) {
                counted.add(
                        table.bytes() <= countedBytes
                                ? reader.counted(table, digests ? Digesting.COPIED : Digesting.NONE)
                                : table);
            }
            return new Contents(
                    counted,
                    sequences,
                    reader.largeObjects(),
                    reader.extensions(),
                    reader.roles(),
                    reader.tablespaces(),
                    reader.extensionTables(dumped -> dumped.table().bytes() > countedBytes
                            ? null
                            : digests ? Digesting.COPIED : Digesting.NONE));
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Adds the values that the sequences have reached while the dump ran. */
    public Contents withLaterSequences(Contents contents) {
        try {
            List<Sequence> later = reader.sequences();
            List<Sequence> both = new ArrayList<>();
            for (int i = 0; i < contents.sequences().size(); i++) {
                Sequence before = contents.sequences().get(i);
                both.add(later.stream()
                        .filter(now -> now.schema().equals(before.schema())
                                && now.name().equals(before.name()))
                        .map(now -> new Sequence(now.schema(), now.name(), before.before(), now.before()))
                        .findFirst()
                        .orElse(before));
            }
            return new Contents(
                    contents.tables(),
                    both,
                    contents.largeObjects(),
                    contents.extensions(),
                    contents.roles(),
                    contents.tablespaces(),
                    contents.rowsOfExtensions());
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private BackupFailure failure(Exception e) {
        if (e instanceof BackupFailure failure) {
            return failure;
        }
        String message = String.valueOf(e.getMessage());
        String state = e instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "";
        if (state.equals(NO_LETTER)) {
            return notLetters(message, e);
        }
        Reason reason = state.equals("55P03")
                ? Reason.LOCK_TIMEOUT
                : state.equals("42501") ? Reason.PERMISSION : state.startsWith("08") ? Reason.CONNECTION : Reason.DUMP;
        String grant = reason == Reason.PERMISSION ? ". A superuser can run postgres/backup-role.sql in it." : "";
        return new BackupFailure(reason, "Cannot read the database: " + message + grant, e);
    }

    private BackupFailure notLetters(String message, Exception cause) {
        String found = "";
        try (Session another = address.connect(database, "sidecar backup")) {
            found = new ContentsReader(another).notLetters();
        } catch (SQLException | BackupFailure e) {
            cause.addSuppressed(e);
        }
        return new BackupFailure(
                Reason.DUMP,
                found.isEmpty()
                        ? "Cannot read the database: " + message
                        : "Database '%s' has no encoding (SQL_ASCII), and what is not written in UTF-8 cannot be read: %s. Rename it."
                                .formatted(database, found),
                cause);
    }

    @Override
    public void close() {
        session.abort();
    }

    /**
     * Ends sessions of a backup that wait for a lock for too long, and names who holds them up. pg_dump limits its wait for tables alone, and
     * turns {@code lock_timeout} off: an owner who has PostgreSQL rewrite the catalogue ({@code VACUUM FULL pg_depend}) behind a transaction
     * that stays open would stop it for ever. It looks from the maintenance database, where that owner can lock nothing.
     */
    public static final class LockWatch implements AutoCloseable {

        private static final Logger log = LoggerFactory.getLogger(LockWatch.class);
        private static final long LOOK_MILLIS = 1_000;
        /** After a look that failed: each is a login that the server may refuse and write down. */
        private static final int LOOKS_LEFT_OUT = 30;

        /** Waits that PostgreSQL and pg_dump limit themselves end first, with a message of their own. */
        private static final Duration GRACE = Duration.ofSeconds(5);

        private static final int MOST_NAMED = 5;

        private final ServerAddress address;
        private final String database;
        private final Duration patience;
        private final ScheduledExecutorService looking;
        private final Map<String, Long> waitingSince = new HashMap<>();
        private volatile @Nullable Session session;
        private int leftOut;
        private volatile boolean ended;
        private volatile boolean closed;

        /** @param patience how long a session may wait for one lock */
        public LockWatch(ServerAddress address, String database, Duration patience) {
            this.address = address;
            this.database = database;
            this.patience = patience.plus(GRACE);
            looking = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread thread = new Thread(task, "backup-locks");
                thread.setDaemon(true);
                return thread;
            });
            looking.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void look() {
            if (leftOut > 0) {
                leftOut--;
                return;
            }
            try {
                Session kept = session;
                Session asking = kept == null ? address.connectToMaintenance("sidecar backup locks") : kept;
                session = asking;
                if (closed) {
                    asking.abort();
                    return;
                }
                Set<String> waiting = Set.copyOf(asking.texts("""
                        SELECT pid FROM pg_stat_activity
                        WHERE datname = %s AND usename = current_user AND application_name LIKE 'sidecar backup%%'
                          AND wait_event_type = 'Lock'
                        """.formatted(Sql.literal(database))));
                waitingSince.keySet().retainAll(waiting);
                for (String pid : waiting) {
                    long since = waitingSince.computeIfAbsent(pid, first -> System.nanoTime());
                    if (System.nanoTime() - since > patience.toNanos()) {
                        ended = true;
                        asking.texts("SELECT pg_terminate_backend(%s)".formatted(pid));
                    }
                }
            } catch (SQLException | BackupFailure e) {
                log.atDebug().log("cannot read locks, will try again: {}", e.getMessage());
                end();
                session = null;
                leftOut = LOOKS_LEFT_OUT;
            }
        }

        /** Says who holds the backup up, if a lock is why it failed. */
        public BackupFailure explained(BackupFailure failure) {
            if (!ended && failure.reason() != Reason.LOCK_TIMEOUT && failure.reason() != Reason.CONNECTION) {
                return failure;
            }
            List<String> holders = holders();
            if (holders.isEmpty() && !ended) {
                return failure;
            }
            return new BackupFailure(
                    ended ? Reason.LOCK_TIMEOUT : failure.reason(),
                    "%s%s %s"
                            .formatted(
                                    ended
                                            ? "The backup waited for longer than %s for a lock in '%s', and was ended. "
                                                    .formatted(Durations.of(patience), database)
                                            : "",
                                    failure.getMessage(),
                                    holders.isEmpty()
                                            ? "No session holds that lock any more."
                                            : "Locks that shut out everybody else are held or awaited by "
                                                    + String.join(", ", holders)
                                                    + "; see what these do, and end them (SELECT pg_terminate_backend(pid))."),
                    failure);
        }

        /** A backup only reads, so nothing but ACCESS EXCLUSIVE holds it up, or who waits for that and whom that one waits for. */
        private List<String> holders() {
            try (Session asking = address.connectToMaintenance("sidecar backup locks")) {
                return asking.table("""
                        WITH locks AS (
                          SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                          WHERE d.datname = %s AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock')
                        SELECT a.pid, a.usename, a.state, floor(extract(epoch FROM clock_timestamp() - a.xact_start))
                        FROM pg_stat_activity a
                        WHERE a.usename IS DISTINCT FROM current_user
                          AND a.pid IN (SELECT pid FROM locks UNION SELECT unnest(pg_blocking_pids(pid)) FROM locks)
                        ORDER BY a.xact_start LIMIT %d
                        """.formatted(Sql.literal(database), MOST_NAMED)).stream()
                        .map(LockWatch::words)
                        .collect(Collectors.toList());
            } catch (SQLException | BackupFailure e) {
                return List.of();
            }
        }

        /** Names a session by what its client cannot choose: its own name for itself may be any text. */
        static String words(List<? extends @Nullable String> session) {
            String seconds = session.get(3);
            return "session %s of role %s (%s%s)"
                    .formatted(
                            session.get(0),
                            HostileText.line(Sql.identifier(String.valueOf(session.get(1)))),
                            session.get(2),
                            seconds == null ? "" : " for " + Durations.of(Duration.ofSeconds(Long.parseLong(seconds))));
        }

        private void end() {
            Session kept = session;
            if (kept != null) {
                kept.abort();
            }
        }

        @Override
        public void close() {
            closed = true;
            looking.shutdownNow();
            end();
        }
    }
}
