package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sidecar.postgres.InstalledPrograms;
import dev.sidecar.postgres.PasswordFile;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Snapshot.LockWatch;
import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.TestSets;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import dev.sidecar.stores.TroubledStore;
import dev.sidecar.support.PostgresServer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/**
 * Whatever breaks while a backup is taken: the run fails with its reason, nothing of it is left, the database is let go, and the
 * backup from before is as good as it was.
 */
class TakeFaultsTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static String database;

    @TempDir
    private static Path folder;

    private static Backup good;

    private BackupFixture fixture;

    /** More than the compressor and all pipes together hold, and not to be compressed, so that pg_dump has to wait for the store. */
    @BeforeAll
    static void makeDatabase() {
        database = SERVER.createDatabase("faults");
        SERVER.execute(
                database,
                "CREATE TABLE noise AS SELECT i, md5(random()::text) || md5(random()::text) || md5(random()::text)"
                        + " || md5(random()::text) AS text FROM generate_series(1, 300000) i",
                "CREATE TABLE small AS SELECT 1 AS i");
        good = new BackupFixture(SERVER, folder).take(database);
    }

    @AfterAll
    static void dropDatabase() {
        SERVER.dropDatabase(database);
    }

    @BeforeEach
    void freshSettings() {
        fixture = new BackupFixture(SERVER, folder);
    }

    @AfterEach
    void theGoodOneIsUntouchedAndTheDatabaseFree() {
        Backups backups = fixture.backups();
        assertThat(backups.list()).extracting(Backup::id).containsExactly(good.id());
        assertThat(backups.verify(good, VerificationLevel.L1, backups.progress())
                        .held())
                .isTrue();
        assertThat(fixtureFiles()).allMatch(file -> file.startsWith(good.id().toString()));
        Awaitility.await("the database is let go")
                .atMost(Duration.ofSeconds(60))
                .until(() -> sessions().isEmpty() && clientPrograms().isEmpty());
    }

    @Test
    void pgDumpKilledInTheMiddle() throws Exception {
        TroubledStore store = TroubledStore.stalling(local(), key -> key.contains("tables-01"));
        CompletableFuture<Throwable> run = takeInto(store);
        assertThat(store.reached.await(60, TimeUnit.SECONDS)).isTrue();
        clientPrograms().forEach(ProcessHandle::destroyForcibly);
        store.release.countDown();

        assertThat(reason(run)).isEqualTo(Reason.DUMP);
        assertThat(fixture.metric("sidecar_backup_last_run_success" + labels())).isEqualTo("0.0");
        assertThat(fixture.metric("sidecar_backup_failures_total" + labels() + ",reason=\"dump\""))
                .isEqualTo("1.0");
        assertThat(fixture.metric("sidecar_backup_last_failure_timestamp_seconds" + labels()))
                .isNotEqualTo("0.0");
    }

    @Test
    void stoppedByAShutdown() throws Exception {
        TroubledStore store = TroubledStore.stalling(local(), key -> key.contains("tables-01"));
        CompletableFuture<Throwable> run = new CompletableFuture<>();
        Thread thread = new Thread(() -> run.complete(attempt(store)));
        thread.start();
        assertThat(store.reached.await(60, TimeUnit.SECONDS)).isTrue();
        thread.interrupt();

        assertThat(reason(run)).isEqualTo(Reason.SHUTDOWN);
        assertThat(fixture.metric("sidecar_backup_failures_total" + labels() + ",reason=\"shutdown\""))
                .isEqualTo("1.0");
    }

    /** A store that fails must not leave pg_dump waiting for a reader, with its snapshot and its locks. */
    @ParameterizedTest
    @ValueSource(strings = {"tables-01", "database.dump", "globals.sql", "RESTORE.md", "manifest.json"})
    void theDiskIsFull(String file) throws Exception {
        TroubledStore store = TroubledStore.failing(local(), key -> key.contains(file), "No space left on device");
        assertThat(reason(takeInto(store))).isEqualTo(Reason.SPACE);
    }

    @Test
    void theStorageBreaks() throws Exception {
        TroubledStore store = TroubledStore.failing(local(), key -> key.contains("tables-01"), "Input/output error");
        assertThat(reason(takeInto(store))).isEqualTo(Reason.STORAGE);
    }

    @ParameterizedTest
    @CsvSource({"exit 0", "'$REAL \"$@\" | head -c 700', ", "'$REAL \"$@\" | head -c 40'", "'$REAL \"$@\"; exit 1'"})
    void aPgDumpThatLies(String script) throws Exception {
        fixture.withProgram("pg_dump", script);
        assertThat(reason(takeInto(local()))).isEqualTo(Reason.DUMP);
    }

    /** Its table of contents is whole and it says all is well, but the rows are missing. */
    @Test
    void aPgDumpThatLeavesTheRowsOut() throws Exception {
        fixture.withProgram("pg_dump", "exec $REAL --schema-only \"$@\"");
        fixture.with("dump.own-archive-above", "1GB");
        assertThat(reason(takeInto(local()))).isEqualTo(Reason.DUMP);
    }

    @Test
    void aPgDumpallThatLies() throws Exception {
        fixture.withProgram("pg_dumpall", "$REAL \"$@\" | head -c 400");
        assertThat(reason(takeInto(local()))).isEqualTo(Reason.DUMP);
    }

    @Test
    void everySessionIsCutOffByTheServer() throws Exception {
        TroubledStore store = TroubledStore.stalling(local(), key -> key.contains("tables-01"));
        CompletableFuture<Throwable> run = takeInto(store);
        assertThat(store.reached.await(60, TimeUnit.SECONDS)).isTrue();
        SERVER.query(
                "postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sidecar%' AND datname = '"
                        + database + "'");
        store.release.countDown();
        assertThat(reason(run)).isIn(Reason.DUMP, Reason.CONNECTION);
    }

    @Test
    void anotherSidecarIsAtWork() throws Exception {
        try (Connection other = SERVER.connect(database);
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(1936286821, 1651209584)");
            assertThat(reason(takeInto(local()))).isEqualTo(Reason.BUSY);
            assertThat(fixture.metric("sidecar_backup_last_run_success" + labels()))
                    .isNotEqualTo("0.0");
        }
    }

    @Test
    void ofTwoSidecarsExactlyOneDumps() throws Exception {
        TroubledStore slow = TroubledStore.stalling(local(), key -> key.contains("tables-01"));
        CompletableFuture<Throwable> first = takeInto(slow);
        assertThat(slow.reached.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(reason(takeInto(local()))).isEqualTo(Reason.BUSY);
        clientPrograms().forEach(ProcessHandle::destroyForcibly);
        slow.release.countDown();
        assertThat(reason(first)).isEqualTo(Reason.DUMP);
    }

    @Test
    void oneSlotHasOneBackup() {
        Instant slot = Instant.parse("2026-11-23T02:00:00Z");
        Backups backups = fixture.backups();
        TakeRequest request = new TakeRequest(database, Generation.DAILY, slot);
        Backup daily = backups.take(request, backups.progress());
        assertThatThrownBy(() -> backups.take(request, backups.progress()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY));
        deleteSet(daily);
    }

    @Test
    void somebodyHoldsATableLocked() throws Exception {
        fixture.with("dump.lock-wait", "1s");
        try (Connection other = SERVER.connect(database);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE small IN ACCESS EXCLUSIVE MODE");
            BackupFailure failure = failure(takeInto(local()));
            assertThat(failure.reason()).isEqualTo(Reason.LOCK_TIMEOUT);
            other.rollback();
        }
    }

    @Test
    void theOwnerHoldsTheCatalogueLocked() throws Exception {
        fixture.with("dump.lock-wait", "1s");
        try (Owner owner = new Owner();
                HeldCatalogue held = new HeldCatalogue(owner)) {
            BackupFailure failure = failure(takeInto(local()));

            assertThat(failure.reason()).isEqualTo(Reason.LOCK_TIMEOUT);
            held.assertNamed(failure);
        }
    }

    /** pg_dump turns off every limit for what it reads of the catalogue; it may come to that before or after our own session does. */
    @Test
    void aDumpThatWaitsForTheCatalogueIsEnded() throws Exception {
        ServerAddress address = new ServerAddress(
                SERVER.host(), SERVER.port(), SERVER.user(), Secret.of(SERVER.password()), "disable", "postgres");
        try (Owner owner = new Owner();
                HeldCatalogue held = new HeldCatalogue(owner);
                PasswordFile passwords = address.passwordFile();
                LockWatch locks = new LockWatch(address, database, Duration.ofSeconds(1))) {
            Process dump = new ProcessBuilder(
                            SERVER.programs().resolve("pg_dump").toString(),
                            "--lock-wait-timeout=1000",
                            "--dbname=" + address.connectionString(database, passwords, "sidecar backup dump"))
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.DISCARD)
                    .start();
            try {
                assertThat(dump.waitFor(1, TimeUnit.MINUTES)).isTrue();
                assertThat(dump.exitValue()).isNotZero();
                BackupFailure failure = locks.explained(new BackupFailure(Reason.DUMP, "pg_dump ended."));
                assertThat(failure.reason()).isEqualTo(Reason.LOCK_TIMEOUT);
                held.assertNamed(failure);
            } finally {
                dump.destroyForcibly();
            }
        }
    }

    @Test
    void aStrangerHoldsTheLockOfASidecarAtWork() throws Exception {
        try (Owner owner = new Owner();
                Connection other = owner.connect();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(1936286821, 1651209584)");

            BackupFailure failure = failure(takeInto(local()));

            assertThat(failure.reason()).isEqualTo(Reason.LOCK_TIMEOUT);
            assertThat(failure)
                    .hasMessageContaining("session %d of role \"%s\"", owner.pid(other), owner.name)
                    .hasMessageContaining("not a sidecar");
        }
    }

    /** The owner of a database needs no right on the catalogue to have it rewritten, behind a transaction that reads it. */
    private static final class HeldCatalogue implements AutoCloseable {

        private final Owner owner;
        private final Connection reader;
        private final Connection rewriter;
        private final CompletableFuture<Void> rewriting;

        HeldCatalogue(Owner owner) throws SQLException {
            this.owner = owner;
            reader = owner.connect();
            rewriter = owner.connect();
            reader.setAutoCommit(false);
            try (Statement statement = reader.createStatement()) {
                statement.execute("SELECT count(*) FROM pg_depend");
            }
            rewriting = CompletableFuture.runAsync(() -> {
                try (Statement statement = rewriter.createStatement()) {
                    statement.execute("VACUUM FULL pg_depend");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            Awaitility.await("the rewrite waits")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> !SERVER.query(
                                    "postgres",
                                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = '%s'"
                                            .formatted(owner.name))
                            .isEmpty());
        }

        void assertNamed(BackupFailure failure) throws SQLException {
            assertThat(failure)
                    .hasMessageContaining(
                            "session %d of role \"%s\" (idle in transaction for", owner.pid(reader), owner.name)
                    .hasMessageContaining("session %d of role", owner.pid(rewriter));
        }

        @Override
        public void close() throws Exception {
            reader.rollback();
            rewriting.get(1, TimeUnit.MINUTES);
            reader.close();
            rewriter.close();
        }
    }

    /** The application's role, which owns its database. */
    private static final class Owner implements AutoCloseable {

        private final String name = database + " owner";

        Owner() {
            SERVER.execute(
                    "postgres",
                    "CREATE ROLE \"%s\" LOGIN PASSWORD 'of-owner'".formatted(name),
                    "ALTER DATABASE \"%s\" OWNER TO \"%s\"".formatted(database, name));
        }

        Connection connect() throws SQLException {
            return DriverManager.getConnection(SERVER.jdbcUrl(database), name, "of-owner");
        }

        private int pid(Connection connection) throws SQLException {
            return connection.unwrap(PGConnection.class).getBackendPID();
        }

        @Override
        public void close() {
            SERVER.execute(
                    "postgres",
                    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = '%s'"
                            .formatted(name),
                    "ALTER DATABASE \"%s\" OWNER TO CURRENT_USER".formatted(database),
                    "DROP ROLE \"%s\"".formatted(name));
        }
    }

    @Test
    void theRoleLosesATable() throws Exception {
        SERVER.execute("postgres", "CREATE ROLE \"%s weak\" LOGIN PASSWORD 'weak'".formatted(database));
        try {
            fixture.with("server.user", database + " weak").with("server.password", "weak");
            BackupFailure failure = failure(takeInto(local()));
            assertThat(failure.reason()).isEqualTo(Reason.PERMISSION);
            assertThat(failure).hasMessageContaining("public.noise").hasMessageContaining("public.small");
        } finally {
            SERVER.execute("postgres", "DROP ROLE \"%s weak\"".formatted(database));
        }
    }

    /** pg_dump would leave out what a policy hides, if it were not told to fail. */
    @Test
    void aPolicyHidesRows() throws Exception {
        String role = database + " policed";
        SERVER.execute("postgres", "CREATE ROLE \"%s\" LOGIN PASSWORD 'weak'".formatted(role));
        SERVER.execute(
                database,
                "CREATE TABLE policed AS SELECT 1 AS i",
                "ALTER TABLE policed ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY none ON policed USING (false)",
                "GRANT pg_read_all_data TO \"%s\"".formatted(role));
        try {
            fixture.with("server.user", role).with("server.password", "weak");
            assertThat(reason(takeInto(local()))).isEqualTo(Reason.PERMISSION);
        } finally {
            SERVER.execute(database, "DROP TABLE policed");
            SERVER.execute("postgres", "DROP ROLE \"%s\"".formatted(role));
        }
    }

    @Test
    void noClientOfTheServersMajor() {
        assertThatThrownBy(() -> new InstalledPrograms(List.of(SERVER.programs())).ofMajor(9))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.VERSION))
                .hasMessageContaining("PostgreSQL 9")
                .hasMessageContaining("postgresql-client-9")
                .hasMessageContaining(
                        SERVER.query("postgres", "SHOW server_version").get(0).split("\\.")[0]);
    }

    @Test
    void theStoreCannotBeWritten() throws Exception {
        Path file = Files.writeString(folder.resolve("not a folder"), "");
        BackupFailure failure = failure(takeInto(new LocalStore(file.resolve("store"))));
        assertThat(failure.reason()).isEqualTo(Reason.STORAGE);
        assertThat(failure).hasMessageContaining("sidecar.backup.directory");
    }

    @Test
    void theServerIsAway() throws Exception {
        fixture.with("server.port", 1);
        BackupFailure failure = failure(takeInto(local()));
        assertThat(failure.reason()).isEqualTo(Reason.CONNECTION);
        assertThat(failure.toString()).doesNotContain(SERVER.password());
    }

    private Store local() {
        return new LocalStore(fixture.store);
    }

    private CompletableFuture<Throwable> takeInto(Store store) {
        return CompletableFuture.supplyAsync(() -> attempt(store));
    }

    private Throwable attempt(Store store) {
        Backups backups = fixture.backups(store);
        return catchThrowableOfType(
                BackupFailure.class, () -> backups.take(fixture.request(database), backups.progress()));
    }

    private static BackupFailure failure(CompletableFuture<Throwable> run) throws Exception {
        Throwable failure = run.get(2, TimeUnit.MINUTES);
        assertThat(failure).as("the run was to fail").isInstanceOf(BackupFailure.class);
        return (BackupFailure) failure;
    }

    private static Reason reason(CompletableFuture<Throwable> run) throws Exception {
        return failure(run).reason();
    }

    private static String labels() {
        return "{database=\"%s\",generation=\"manual\"".formatted(database);
    }

    private List<String> fixtureFiles() {
        try {
            return fixture.stored();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void deleteSet(Backup backup) {
        try {
            TestSets.catalogue(List.of(local())).delete(backup);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<String> sessions() {
        return SERVER.query(
                "postgres",
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'sidecar%' AND datname = '" + database
                        + "'");
    }

    /** One that was unpacked and not installed is run by its own loader, which it is an argument of. */
    private static boolean isClient(ProcessHandle process) {
        return Stream.concat(
                        process.info().command().stream(),
                        Stream.of(process.info().arguments().orElse(new String[0])))
                .anyMatch(word -> word.endsWith("/pg_dump"));
    }

    private static List<ProcessHandle> clientPrograms() {
        return ProcessHandle.current()
                .descendants()
                .filter(TakeFaultsTest::isClient)
                .toList();
    }
}
