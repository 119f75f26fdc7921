package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Run;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Outcome.Result;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.Copies;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.TestSets;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import dev.sidecar.stores.StoreThat;
import dev.sidecar.stores.TroubledStore;
import dev.sidecar.support.MutableClock;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/** The jobs run on their slots, on real databases. */
class BackupJobsTest {

    private static final Instant MONDAY = Instant.parse("2026-11-23T02:00:00Z");

    private final PostgresServer server = PostgresServer.shared();
    private final MutableClock clock = new MutableClock("2026-11-23T02:00:05Z");
    private final List<String> databases = new ArrayList<>();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private BackupMetrics metrics;

    @BeforeEach
    void setUp() {
        fixture = new BackupFixture(server, folder).at(clock).with("slots.daily.keep", 2);
        metrics = new BackupMetrics(fixture.registry, Duration.ofHours(26), Duration.ofHours(1));
    }

    @AfterEach
    void drop() {
        databases.forEach(server::dropDatabase);
    }

    @Test
    void peopleMayAskToBeToldHowEveryBackupJobEnds() {
        assertThat(jobs().jobs())
                .filteredOn(job -> job.name().startsWith("backup-"))
                .hasSize(3)
                .allMatch(Job::announced);
    }

    @Test
    void aSlotTakesEveryDatabaseAndProvesIt() {
        String shop = database("shop");
        String crm = database("crm");

        Outcome outcome = jobs().take(Generation.DAILY, slot(MONDAY));

        assertThat(outcome.result()).as(outcome.reason()).isEqualTo(Result.SUCCESS);
        assertThat(fixture.backups().list())
                .allSatisfy(backup -> assertThat(backup.level()).contains(VerificationLevel.L4))
                .extracting(
                        backup -> backup.id().database(),
                        backup -> backup.manifest().slot())
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(shop, MONDAY),
                        org.assertj.core.groups.Tuple.tuple(crm, MONDAY));
        assertThat(fixture.metric("sidecar_backup_kept{database=\"" + shop + "\",generation=\"daily\"}"))
                .isEqualTo("1.0");
        assertThat(fixture.metric("sidecar_backup_next_slot_timestamp_seconds{generation=\"daily\"}"))
                .isEqualTo("" + (double) Instant.parse("2026-11-24T02:00:00Z").getEpochSecond());
    }

    /** The application that starts beside the sidecar makes its tables in the first seconds. */
    @Test
    void theFirstBackupWaitsForTheTablesOfTheApplication() throws Exception {
        String shop = server.createDatabase("shop");
        databases.add(shop);
        fixture.with("server.databases", shop);
        BackupJobs jobs = jobs();

        CompletableFuture<Outcome> first =
                CompletableFuture.supplyAsync(() -> jobs.take(Generation.DAILY, slot(MONDAY)));
        Awaitility.await()
                .during(Duration.ofSeconds(4))
                .atMost(Duration.ofSeconds(6))
                .until(() -> fixture.backups().list().isEmpty() && !first.isDone());
        server.execute(shop, "CREATE TABLE late (id int)");

        assertThat(first.get(2, TimeUnit.MINUTES).result()).isEqualTo(Result.SUCCESS);
        assertThat(fixture.backups().list())
                .singleElement()
                .satisfies(backup ->
                        assertThat(backup.manifest().contents().tables()).hasSize(1));
    }

    @Test
    void aDatabaseThatGetsNoTablesIsBackedUpAllTheSameAndTheBackupSaysThatItIsNoProof() throws Exception {
        String empty = server.createDatabase("empty");
        databases.add(empty);
        fixture.with("server.databases", empty);
        BackupJobs jobs = jobs();
        CompletableFuture<Outcome> first =
                CompletableFuture.supplyAsync(() -> jobs.take(Generation.DAILY, slot(MONDAY)));

        clock.tick(Duration.ofMinutes(11));

        assertThat(first.get(2, TimeUnit.MINUTES).result()).isEqualTo(Result.SUCCESS);
        Backup backup = fixture.backups().list().get(0);
        assertThat(BackupSummary.of(backup).remarks()).contains("NO TABLE");
        assertThat(backup.verification().orElseThrow().detail()).contains("no table", "no proof");
        assertThat(fixture.backups().isOfTables(backup)).isTrue();
        server.execute(empty, "CREATE TABLE late (id int)");
        assertThat(fixture.backups().isOfTables(backup)).isFalse();
    }

    @Test
    void aSlotThatIsDoneIsNotDoneAgain() {
        database("shop");
        jobs().take(Generation.DAILY, slot(MONDAY));

        Outcome again = jobs().take(Generation.DAILY, slot(MONDAY));

        assertThat(again).isEqualTo(Outcome.skipped("every database has its backup"));
        assertThat(fixture.backups().list()).hasSize(1);
    }

    @Test
    void nightAfterNightTheOldestGo() {
        database("shop");
        List<Instant> slots = new ArrayList<>();
        for (int night = 0; night < 4; night++) {
            Instant slot = MONDAY.plus(Duration.ofDays(night));
            clock.set(slot.plusSeconds(5).toString());
            slots.add(slot);
            assertThat(jobs().take(Generation.DAILY, slot(slot)).result()).isEqualTo(Result.SUCCESS);
        }

        assertThat(fixture.backups().list())
                .extracting(backup -> backup.manifest().slot())
                .containsExactly(slots.get(3), slots.get(2));
    }

    @Test
    void ofTwoSidecarsAtOneSlotExactlyOneDumps() throws Exception {
        String shop = database("shop");
        server.execute(shop, "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 200000) i");
        BackupJobs one = jobs();
        BackupJobs other = jobs();

        CompletableFuture<Outcome> first =
                CompletableFuture.supplyAsync(() -> one.take(Generation.DAILY, slot(MONDAY)));
        CompletableFuture<Outcome> second =
                CompletableFuture.supplyAsync(() -> other.take(Generation.DAILY, slot(MONDAY)));

        assertThat(List.of(
                        first.get(3, TimeUnit.MINUTES).result(),
                        second.get(3, TimeUnit.MINUTES).result()))
                .containsExactlyInAnyOrder(Result.SUCCESS, Result.SKIPPED);
        assertThat(fixture.backups().list()).hasSize(1);
    }

    @Test
    void oneDatabaseThatFailsDoesNotCostTheOthersTheirBackups() {
        String shop = database("shop");
        String broken = database("broken");
        server.execute(broken, "CREATE TABLE locked (i int)");
        fixture.with("dump.lock-wait", "1s");

        Outcome outcome;
        try (var connection = server.connect(broken);
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE");
            outcome = jobs().take(Generation.DAILY, slot(MONDAY));
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }

        assertThat(outcome.result()).isEqualTo(Result.FAILURE);
        assertThat(outcome.reason()).contains(broken).contains("lock timeout").doesNotContain(shop);
        assertThat(fixture.backups().list())
                .extracting(backup -> backup.id().database())
                .containsExactly(shop);

        Outcome retried = jobs().take(Generation.DAILY, new Run(MONDAY, true, 2));
        assertThat(retried.result()).as(retried.reason()).isEqualTo(Result.SUCCESS);
        assertThat(fixture.backups().list()).hasSize(2);
    }

    @Test
    void aDatabaseThatIsGoneIsToldUntilAPersonForgetsItWithAReason() {
        String shop = database("shop");
        String old = database("old");
        jobs().take(Generation.DAILY, slot(MONDAY));
        String series = "sidecar_backup_last_success_timestamp_seconds{database=\"" + old + "\",generation=\"daily\"}";
        assertThatThrownBy(() -> fixture.backups().forget(old, "x")).hasMessageContaining("is on the server");
        server.dropDatabase(old);
        clock.tick(Duration.ofDays(1));

        assertThat(jobs().take(Generation.DAILY, slot(MONDAY.plus(Duration.ofDays(1))))
                        .reason())
                .contains(old);
        assertThat(fixture.backups().gone())
                .singleElement()
                .satisfies(gone -> assertThat(gone.sentence()).contains(old, "sidecar forget"));
        assertThat(fixture.metric(series)).isNotEqualTo("NaN");

        fixture.backups().forget(old, "we sold it");

        assertThat(fixture.backups().gone())
                .singleElement()
                .satisfies(gone -> assertThat(gone.sentence()).contains("forgotten: we sold it"));
        assertThat(fixture.backups().databases()).containsExactly(shop);
        assertThat(jobs().take(Generation.DAILY, slot(MONDAY.plus(Duration.ofDays(2))))
                        .result())
                .isEqualTo(Result.SUCCESS);
        assertThat(fixture.metric(series)).isEqualTo("NaN");
        assertThat(fixture.backups().list())
                .anyMatch(backup -> backup.id().database().equals(old));
        assertThatThrownBy(() -> fixture.backups().forget("nobody", "x")).hasMessageContaining("no backup of 'nobody'");
    }

    /** Whoever restores a database in its own place renames two, and a person who renames one needs time to say so. */
    @Test
    void thatADatabaseIsGoneIsMeasuredAtOnceAndRecordedWhenItIsMissingASecondTime() throws Exception {
        String shop = database("shop");
        String old = database("old");
        jobs().take(Generation.DAILY, slot(MONDAY));
        String gone = "sidecar_backup_gone{database=\"" + old + "\"}";
        Job watch = jobs().jobs().stream()
                .filter(job -> job.name().equals("gone-databases"))
                .findFirst()
                .orElseThrow();
        assertThat(fixture.metric(gone)).isEqualTo("0.0");

        server.dropDatabase(old);
        assertThat(watch.work().run(slot(MONDAY)).result()).isEqualTo(Result.SUCCESS);
        assertThat(fixture.metric(gone)).isEqualTo("1.0");
        assertThat(fixture.backups().gone()).isEmpty();

        watch.work().run(slot(MONDAY));
        assertThat(fixture.backups().gone()).extracting(Backups.Gone::database).containsExactly(old);

        fixture.backups().forget(old, "we sold it");
        watch.work().run(slot(MONDAY));
        assertThat(fixture.metric(gone)).isEqualTo("NaN");
        assertThat(fixture.metric("sidecar_backup_gone{database=\"" + shop + "\"}"))
                .isEqualTo("0.0");
    }

    @Test
    void aBackupThatSomebodyDeletedInTheStoreIsMissed() throws Exception {
        String shop = database("shop");
        BackupJobs jobs = jobs();
        jobs.take(Generation.DAILY, slot(MONDAY));
        String vanished = "sidecar_backup_vanished{store=\"local\"}";
        assertThat(fixture.metric(vanished)).isEqualTo("0.0");

        Backup only = fixture.backups().list().get(0);
        assertThat(only.id().database()).isEqualTo(shop);
        FileSystemUtils.deleteRecursively(fixture.store.resolve(only.id().toString()));
        jobs.jobs().stream()
                .filter(job -> job.name().equals("gone-databases"))
                .findFirst()
                .orElseThrow()
                .work()
                .run(slot(MONDAY));

        assertThat(fixture.metric(vanished)).isEqualTo("1.0");
    }

    @Test
    void aDatabaseThatIsGoneForLongIsForgottenByItself() {
        database("shop");
        String old = database("old");
        jobs().take(Generation.DAILY, slot(MONDAY));
        server.dropDatabase(old);
        fixture.with("slots.forget-after", "3d");
        jobs().take(Generation.DAILY, slot(MONDAY.plus(Duration.ofDays(1))));
        clock.tick(Duration.ofDays(2));
        jobs().take(Generation.DAILY, slot(MONDAY.plus(Duration.ofDays(2))));
        assertThat(fixture.backups().gone()).allMatch(gone -> gone.forgotten().isEmpty());
        clock.tick(Duration.ofDays(2));

        jobs().take(Generation.DAILY, slot(MONDAY.plus(Duration.ofDays(4))));

        assertThat(fixture.backups().gone())
                .singleElement()
                .satisfies(gone -> assertThat(gone.forgotten().orElseThrow()).contains("gone for", "forget-after"));
    }

    /** The rule BackupFailed compares the two times; the command has metrics of its own that nobody reads. */
    @Test
    void aBackupTakenByACommandSettlesTheFailureOfTheDay() {
        String shop = database("shop");
        fixture.with("server.password", "wrong");
        assertThat(jobs().take(Generation.DAILY, slot(MONDAY)).result()).isEqualTo(Result.FAILURE);
        clock.tick(Duration.ofMinutes(5));
        BackupFixture command = new BackupFixture(server, folder).at(clock);
        command.take(shop);

        fixture.backups().list();

        double failed = Double.parseDouble(fixture.metric(
                "sidecar_backup_last_failure_timestamp_seconds{database=\"" + shop + "\",generation=\"daily\"}"));
        double succeeded = Double.parseDouble(fixture.metric(
                "sidecar_backup_last_success_timestamp_seconds{database=\"" + shop + "\",generation=\"manual\"}"));
        assertThat(succeeded).isGreaterThan(failed);
    }

    /** One of its processes is killed, so that PostgreSQL ends every session and recovers: what clients see of a restart. */
    @Test
    void aServerThatRestartsInTheMiddleOfADumpFailsTheRunAndTheRetryMakesUpForIt() throws Exception {
        try (PostgresServer own = PostgresServer.start()) {
            String shop = own.createDatabase("restarted");
            own.execute(
                    shop,
                    "CREATE TABLE noise AS SELECT i, md5(random()::text) || md5(random()::text) || md5(random()::text)"
                            + " || md5(random()::text) AS text FROM generate_series(1, 300000) i");
            // A server of tests commits before the disk has it, and this one loses what it has in memory.
            own.execute(shop, "CHECKPOINT");
            fixture = new BackupFixture(own, folder).at(clock).with("server.databases", shop);
            metrics = new BackupMetrics(fixture.registry, Duration.ofHours(26), Duration.ofHours(1));
            TroubledStore stalled =
                    TroubledStore.stalling(new LocalStore(fixture.store), key -> key.contains("tables-01"));

            CompletableFuture<Outcome> night =
                    CompletableFuture.supplyAsync(() -> jobs(store -> stalled).take(Generation.DAILY, slot(MONDAY)));
            assertThat(stalled.reached.await(1, TimeUnit.MINUTES)).isTrue();
            long backend = Long.parseLong(own.query(
                            "postgres",
                            "SELECT pid FROM pg_stat_activity WHERE application_name = 'sidecar backup dump' LIMIT 1")
                    .get(0));
            ProcessHandle.of(backend).orElseThrow().destroyForcibly();
            stalled.release.countDown();

            Outcome failed = night.get(2, TimeUnit.MINUTES);
            assertThat(failed.result()).isEqualTo(Result.FAILURE);
            assertThat(failed.reason()).contains(shop);
            assertThat(fixture.stored()).isEmpty();
            String labels = "{database=\"" + shop + "\",generation=\"daily\"}";
            assertThat(fixture.metric("sidecar_backup_last_run_success" + labels))
                    .isEqualTo("0.0");

            Awaitility.await("the server has recovered")
                    .atMost(Duration.ofMinutes(1))
                    .ignoreExceptions()
                    .until(() -> !own.query(shop, "SELECT 1").isEmpty());
            Outcome retried = jobs().take(Generation.DAILY, new Run(MONDAY, true, 2));
            assertThat(retried.result()).as(retried.reason()).isEqualTo(Result.SUCCESS);
            assertThat(fixture.metric("sidecar_backup_last_run_success" + labels))
                    .isEqualTo("1.0");
            assertThat(fixture.backups().list()).hasSize(1).allMatch(backup -> backup.isVerified(VerificationLevel.L4));
        }
    }

    @Test
    void tenNightsOfFailuresKeepTheLastGoodDayAndWeek() {
        String shop = database("shop");
        clock.set("2026-11-22T02:00:05Z");
        jobs().take(Generation.DAILY, slot(Instant.parse("2026-11-22T02:00:00Z")));
        clock.set("2026-11-22T03:00:05Z");
        jobs().take(Generation.WEEKLY, slot(Instant.parse("2026-11-22T03:00:00Z")));
        List<BackupId> good = ids();
        assertThat(good).hasSize(2);

        fixture.with("server.password", "wrong");
        for (int night = 0; night < 10; night++) {
            Instant slot = MONDAY.plus(Duration.ofDays(night));
            clock.set(slot.plusSeconds(5).toString());
            assertThat(jobs().take(Generation.DAILY, slot(slot)).result()).isEqualTo(Result.FAILURE);
            expire().run();
        }

        assertThat(ids()).isEqualTo(good);
        assertThat(fixture.metric("sidecar_backup_failures_total{database=\"" + shop
                        + "\",generation=\"daily\",reason=\"connection\"}"))
                .isEqualTo("10.0");
    }

    @Test
    void whatWasMissedWhileDownIsSeenInTheManifests() {
        database("shop");
        BackupJobs jobs = jobs();
        assertThat(jobs.lastDone(Generation.WEEKLY)).isEqualTo(Instant.EPOCH);

        // Down from Saturday to Monday: the Sunday slot was missed.
        Instant sunday = Instant.parse("2026-11-22T03:00:00Z");
        clock.set("2026-11-15T03:00:05Z");
        jobs.take(Generation.WEEKLY, slot(Instant.parse("2026-11-15T03:00:00Z")));
        clock.set("2026-11-23T09:00:00Z");
        Job weekly = jobs.jobs().stream()
                .filter(job -> job.name().equals("backup-weekly"))
                .findFirst()
                .orElseThrow();
        assertThat(weekly.lastDone().get()).contains(Instant.parse("2026-11-15T03:00:00Z"));
        assertThat(weekly.schedule().latest(clock.instant())).contains(sunday);

        jobs.take(Generation.WEEKLY, slot(sunday));

        assertThat(weekly.lastDone().get()).contains(sunday);
        Backup caughtUp = fixture.backups().list().get(0);
        assertThat(caughtUp.manifest().slot()).isEqualTo(sunday);
        assertThat(caughtUp.manifest().startedAt()).isEqualTo(clock.instant());
    }

    @Test
    void aDatabaseThatIsNewGetsItsFirstBackupAtOnce() {
        database("shop");
        jobs().take(Generation.DAILY, slot(MONDAY));
        String added = database("added");

        assertThat(jobs().lastDone(Generation.DAILY)).isEqualTo(Instant.EPOCH);
        jobs().take(Generation.DAILY, slot(MONDAY));

        assertThat(jobs().lastDone(Generation.DAILY)).isEqualTo(MONDAY);
        assertThat(fixture.backups().latest(added)).isPresent();
    }

    @Test
    void aServerThatIsAwayAtStartDoesNotHideWhatIsDone() {
        database("shop");
        jobs().take(Generation.DAILY, slot(MONDAY));
        fixture.with("server.password", "wrong");

        assertThat(jobs().lastDone(Generation.DAILY)).isEqualTo(MONDAY);
    }

    /** Only what shows that the server is away waits for it: each try would otherwise be another failure, and an attempt less. */
    @Test
    void aBackupThatFailsBecauseTheServerIsAwayWaitsForItAndIsTakenWhenItIsBack() throws Exception {
        String shop = database("shop");
        try (Way way = new Way(server.port())) {
            fixture.with("server.host", "127.0.0.1").with("server.port", way.port());
            BackupJobs jobs = jobs();
            way.interrupt();

            Outcome first = jobs.takeOrWait(Generation.DAILY, slot(MONDAY));
            assertThat(first.away()).as(first.reason()).isTrue();
            assertThat(first.reason()).contains(shop);
            assertThat(failures(shop)).isEqualTo("1.0");
            for (int minute = 0; minute < 3; minute++) {
                assertThat(jobs.takeOrWait(Generation.DAILY, slot(MONDAY)))
                        .isEqualTo(Outcome.away("PostgreSQL does not answer; the backup is taken as soon as it does."));
            }
            assertThat(failures(shop)).isEqualTo("1.0");

            way.open();
            Outcome taken = jobs.takeOrWait(Generation.DAILY, slot(MONDAY));
            assertThat(taken.result()).as(taken.reason()).isEqualTo(Result.SUCCESS);
            assertThat(fixture.metric(
                            "sidecar_backup_last_run_success{database=\"" + shop + "\",generation=\"daily\"}"))
                    .isEqualTo("1.0");
        }
    }

    @Test
    void aServerThatRefusesTheLoginIsNotAwayAndUsesUpAttempts() {
        database("shop");
        fixture.with("server.user", "nobody_of_that_name");

        Outcome outcome = jobs().takeOrWait(Generation.DAILY, slot(MONDAY));

        assertThat(outcome.result()).isEqualTo(Result.FAILURE);
        assertThat(outcome.away()).as(outcome.reason()).isFalse();
    }

    private String failures(String database) {
        return fixture.metric("sidecar_backup_failures_total{database=\"" + database
                + "\",generation=\"daily\",reason=\"connection\"}");
    }

    /** A way to a server that can be interrupted and opened again, at the same port. */
    private static final class Way implements AutoCloseable {

        private final int to;
        private final int port;
        private final List<Socket> sockets = new CopyOnWriteArrayList<>();
        private ServerSocket listener;

        Way(int to) throws IOException {
            this.to = to;
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            port = listener.getLocalPort();
            accept(listener);
        }

        int port() {
            return port;
        }

        void open() throws IOException {
            listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            accept(listener);
        }

        void interrupt() throws IOException {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        }

        private void accept(ServerSocket from) {
            background(() -> {
                while (true) {
                    Socket client = from.accept();
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), to);
                    sockets.addAll(List.of(client, server));
                    background(() -> pass(client, server));
                    background(() -> pass(server, client));
                }
            });
        }

        private static Void pass(Socket from, Socket to) throws IOException {
            try (from;
                    to) {
                from.getInputStream().transferTo(to.getOutputStream());
            }
            return null;
        }

        private static void background(Callable<Void> work) {
            Thread thread = new Thread(() -> {
                try {
                    work.call();
                } catch (Exception closed) {
                    // That is how it ends.
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void close() throws IOException {
            interrupt();
        }
    }

    @Test
    void aVerificationThatFailedIsMadeUpForByTheRetry() {
        database("shop");
        Backups backups = fixture.backups();
        backups.take(new TakeRequest(databases.get(0), Generation.DAILY, MONDAY), backups.progress());

        Outcome outcome = jobs().take(Generation.DAILY, new Run(MONDAY, true, 2));

        assertThat(outcome.result()).as(outcome.reason()).isEqualTo(Result.SUCCESS);
        assertThat(fixture.backups().list()).hasSize(1).allMatch(backup -> backup.isVerified(VerificationLevel.L4));
    }

    @Test
    void theDrillFindsABackupThatRottedInStorage() throws IOException {
        String shop = database("shop");
        jobs().take(Generation.DAILY, slot(MONDAY));
        assertThat(jobs().drill(slot(MONDAY)).result()).isEqualTo(Result.SUCCESS);
        Backup backup = fixture.backups().latest(shop).orElseThrow();
        Path file = fixture.store.resolve(backup.id() + "/database.dump.zst");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        Files.write(file, bytes);

        Outcome outcome = jobs().drill(slot(MONDAY));

        assertThat(outcome.result()).isEqualTo(Result.FAILURE);
        assertThat(outcome.reason()).contains(backup.id().toString()).contains("database.dump.zst");
        assertThat(fixture.backups().get(backup.id()).isDamaged()).isTrue();
        assertThat(fixture.metric(
                        "sidecar_backup_last_verification_success{database=\"" + shop + "\",generation=\"daily\"}"))
                .isEqualTo("0.0");
    }

    @Test
    void aDrillWithoutBackupsIsNoSuccess() {
        database("shop");

        assertThat(jobs().drill(slot(MONDAY))).isEqualTo(Outcome.skipped("there is no backup yet"));
    }

    @Test
    void withoutRoomForAnotherOneNothingIsBegun() {
        String shop = database("shop");
        jobs().take(Generation.DAILY, slot(MONDAY));
        long last = fixture.backups().latest(shop).orElseThrow().manifest().storedBytes();
        clock.set("2026-11-24T02:00:05Z");
        Instant tuesday = Instant.parse("2026-11-24T02:00:00Z");

        Outcome refused =
                jobs(store -> withFreeBytes(store, (long) (last * 1.19))).take(Generation.DAILY, slot(tuesday));
        assertThat(refused.result()).isEqualTo(Result.FAILURE);
        assertThat(refused.reason()).contains("Free some space, or keep fewer backups");
        assertThat(ids()).hasSize(1);
        assertThat(fixture.metric("sidecar_backup_failures_total{database=\"" + shop
                        + "\",generation=\"daily\",reason=\"space\"}"))
                .isEqualTo("1.0");

        Outcome taken = jobs(store -> withFreeBytes(store, (long) (last * 1.3))).take(Generation.DAILY, slot(tuesday));
        assertThat(taken.result()).as(taken.reason()).isEqualTo(Result.SUCCESS);
        assertThat(fixture.metric("sidecar_backup_free_bytes{store=\"local\"}"))
                .isEqualTo(Double.toString((long) (last * 1.3)));
    }

    @Test
    void thereAreNoJobsWithoutAServerToBackUp() {
        fixture.with("server.host", "");

        assertThat(jobs().jobs()).isEmpty();
    }

    @Test
    void jobsAreNamedAndScheduledByTheSettings() {
        fixture.with("slots.monthly.cron", "0 0 4 1 * *")
                .with("slots.drill", "-")
                .with("slots.zone", "Europe/Berlin");

        List<Job> jobs = jobs().jobs();

        assertThat(jobs)
                .extracting(Job::name)
                .containsExactly("backup-daily", "backup-weekly", "backup-monthly", "gone-databases");
        assertThat(jobs.get(0).schedule().next(Instant.parse("2026-07-01T12:00:00Z")))
                .contains(Instant.parse("2026-07-02T00:00:00Z"));
    }

    private String database(String prefix) {
        String database = server.createDatabase(prefix);
        server.execute(database, "CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (0, 'a')");
        databases.add(database);
        fixture.with("server.databases", String.join(",", databases));
        return database;
    }

    private BackupJobs jobs() {
        return jobs(UnaryOperator.identity());
    }

    /** As another process would have them: nothing is shared but the store and the server. */
    private BackupJobs jobs(UnaryOperator<Store> store) {
        BackupProperties properties = fixture.properties();
        Store first = store.apply(new LocalStore(fixture.store));
        Catalogue catalogue = TestSets.catalogue(List.of(first));
        Backups backups =
                new Backups(properties, fixture.tools(catalogue), new InUse(folder.resolve("in-use")), metrics);
        Expiration expire =
                new Expiration(catalogue, backups::isInUse, RetentionPolicy.of(properties, backups::levelFor), clock);
        BackupRun run = new BackupRun(backups, new Copies(catalogue), expire);
        return new BackupJobs(backups, run, properties, metrics, clock);
    }

    private Expiration expire() {
        return new Expiration(
                TestSets.catalogue(List.of(new LocalStore(fixture.store))),
                id -> false,
                RetentionPolicy.of(fixture.properties(), fixture.backups()::levelFor),
                clock);
    }

    private List<BackupId> ids() {
        return TestSets.catalogue(List.of(new LocalStore(fixture.store))).list().stream()
                .map(Backup::id)
                .toList();
    }

    private static Store withFreeBytes(Store store, long free) {
        return new StoreThat(store) {
            @Override
            public OptionalLong freeBytes() {
                return OptionalLong.of(free);
            }
        };
    }

    private static Run slot(Instant slot) {
        return new Run(slot, true, 1);
    }
}
