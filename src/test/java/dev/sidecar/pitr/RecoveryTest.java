package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.support.FreePort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The installed pgBackRest and PostgreSQL: a writer writes all the time, and what a recovery brings is compared with its ledger. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RecoveryTest {

    private static final long SEGMENT = 16L << 20;

    private Path folder;

    private ArchivedServer archived;
    private Pitr pitr;
    /** The writer's own record: each of its rows with the time at which the server committed it. */
    private final List<Committed> ledger = new ArrayList<>();

    private record Committed(int row, Instant at) {}

    @BeforeAll
    void writeWhileSetsAreTaken(@TempDir Path temporary) throws Exception {
        folder = temporary;
        archived = ArchivedServer.start(folder, "");
        pitr = archived.pitr();
        archived.server().execute("postgres", "CREATE DATABASE shop");
        archived.server()
                .execute(
                        "shop",
                        "CREATE TABLE ledger (row int PRIMARY KEY, filler text)",
                        "CREATE TABLE noise AS SELECT i, repeat('x', 200) AS filler FROM generate_series(1, 5000) i",
                        "ANALYZE");
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = new Thread(() -> write(stop), "writer");
        writer.start();
        pitr.take(PhysicalSet.Type.FULL);
        pause();
        pitr.take(PhysicalSet.Type.DIFFERENTIAL);
        pause();
        pitr.take(PhysicalSet.Type.INCREMENTAL);
        pause();
        stop.set(true);
        writer.join();
        archived.server().query("postgres", "SELECT pg_switch_wal()");
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofMinutes(1))
                .until(() -> pitr.look()
                        .archived()
                        .orElse(Instant.EPOCH)
                        .isAfter(lastCommit().minusSeconds(1)));
    }

    private Instant lastCommit() {
        synchronized (ledger) {
            return ledger.get(ledger.size() - 1).at();
        }
    }

    /** Seconds are what pgBackRest writes down, so that some lie between any two sets. */
    private void pause() {
        Instant from = lastCommit();
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofMinutes(1))
                .until(() -> lastCommit().isAfter(from.plusSeconds(3)));
    }

    private void write(AtomicBoolean stop) {
        try (Connection connection = archived.server().connect("shop");
                Statement statement = connection.createStatement()) {
            for (int row = 1; !stop.get(); row++) {
                statement.execute("INSERT INTO ledger VALUES (" + row + ", repeat('y', 100))");
                try (var committed = statement.executeQuery(
                        "SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint FROM ledger WHERE row = "
                                + row)) {
                    committed.next();
                    synchronized (ledger) {
                        ledger.add(new Committed(row, Instant.EPOCH.plusNanos(committed.getLong(1) * 1_000)));
                    }
                }
                statement.execute("SELECT pg_sleep(0.005)");
                if (row % 50 == 0) {
                    statement.execute("UPDATE noise SET filler = repeat('z', 200) WHERE i % 10 = " + row / 50 % 10);
                }
            }
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterAll
    void close() {
        archived.close();
    }

    @Test
    @Order(1)
    void theSetsAreThereAndTheChainHasNoGap() throws Exception {
        PitrState state = pitr.look();

        assertThat(state.sets())
                .extracting(PhysicalSet::type)
                .containsExactly(PhysicalSet.Type.FULL, PhysicalSet.Type.DIFFERENTIAL, PhysicalSet.Type.INCREMENTAL);
        assertThat(state.gaps()).isEmpty();
        assertThat(state.spans()).hasSize(1);
        assertThat(state.problems()).isEmpty();
        assertThat(state.freeBytes()).isPositive();
        assertThat(state.walBytes()).isPositive();
        assertThat(state.repositoryBytes()).isPositive();
    }

    /** Three moments at random, one for each set that recovery begins with. */
    @Test
    @Order(2)
    void aMomentBringsExactlyTheRowsCommittedByThen() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<PhysicalSet> sets = pitr.look().sets();
        Recoveries recoveries = archived.recoveries();
        for (int i = 0; i < sets.size(); i++) {
            Instant from = sets.get(i).stopped().plusSeconds(1);
            Instant to = i + 1 < sets.size() ? sets.get(i + 1).started() : lastCommit();
            List<Committed> between = ledger.stream()
                    .filter(row -> row.at().isAfter(from) && row.at().isBefore(to))
                    .toList();
            assertThat(between).as("rows between sets, seed %d", seed).isNotEmpty();
            // On the commit of a row or a microsecond before it.
            Instant moment =
                    between.get(random.nextInt(between.size())).at().minusNanos(random.nextBoolean() ? 0 : 1_000);

            RecoveryPlan plan = recoveries.plan(RecoveryTarget.at(moment));
            assertThat(plan.reach().set().label()).isEqualTo(sets.get(i).label());
            recoveries.beside(plan);

            assertThat(archived.beside("shop", "SELECT row FROM ledger ORDER BY row"))
                    .as("rows at %s, seed %d", moment, seed)
                    .containsExactlyElementsOf(ledger.stream()
                            .filter(row -> !row.at().isAfter(moment))
                            .map(row -> Integer.toString(row.row()))
                            .toList());
            recoveries.remove();
        }
    }

    @Test
    @Order(3)
    void theInstanceBesideIsLookedAtThenPromotedAndDumped() throws Exception {
        Recoveries recoveries = archived.recoveries();
        recoveries.beside(recoveries.plan(RecoveryTarget.LATEST));

        assertThat(archived.beside("shop", "SELECT count(*), pg_is_in_recovery() FROM ledger"))
                .containsExactly(ledger.size() + "|t");
        assertThat(archived.beside("shop", "SHOW archive_mode")).containsExactly("off");

        recoveries.promote();

        archived.beside("shop", "CREATE TABLE written AS SELECT 1 AS one");
        Path dump = folder.resolve("ledger.dump");
        recoveries.dump("shop", java.util.Optional.of("public.ledger"), dump);
        assertThat(Files.size(dump)).isPositive();
        recoveries.stop();
        recoveries.startAgain();
        assertThat(archived.beside("shop", "SELECT one FROM written")).containsExactly("1");
        // Killed, it leaves the file of its process behind.
        long postmaster = Long.parseLong(Files.readAllLines(folder.resolve("instance/data/postmaster.pid"))
                .get(0));
        ProcessHandle.of(postmaster).ifPresent(ProcessHandle::destroyForcibly);
        org.awaitility.Awaitility.await()
                .until(() -> ProcessHandle.of(postmaster).isEmpty());
        recoveries.remove();
        assertThat(folder.resolve("instance")).isEmptyDirectory();
    }

    @Test
    @Order(4)
    void aDrillSeesMarkerAAndNotMarkerB() throws Exception {
        RecoveryResult first = pitr.prove();

        assertThat(first.problems()).isEmpty();
        assertThat(first.held()).isTrue();
        // A full set that was never recovered from goes first, to the end of its WAL.
        assertThat(first.set()).isEqualTo(pitr.look().sets().get(0).label());
        assertThat(first.lines()).anyMatch(line -> line.contains("marker A is there, and marker B"));

        RecoveryResult second = pitr.prove();

        assertThat(second.problems()).isEmpty();
        assertThat(second.set()).isEqualTo(pitr.look().sets().get(2).label());
    }

    /** The page's own configuration and commands, with places, key and moment of the test. */
    @Test
    @Order(4)
    void onABareMachinePgBackRestAloneIsEnough() throws Exception {
        String page = Files.readString(Path.of("docs/pitr.md"));
        List<String> blocks = Pattern.compile("```text\n(.*?)```", Pattern.DOTALL)
                .matcher(page.substring(page.indexOf("## A bare machine")))
                .results()
                .map(block -> block.group(1))
                .toList();
        Path bare = archived.folderOfServersUser("bare");
        Path data = bare.resolve("data");
        Path configuration = Files.writeString(
                bare.resolve("pgbackrest.conf"),
                blocks.get(0)
                                .replace(
                                        "/var/lib/pgbackrest",
                                        folder.resolve("repository").toString())
                                .replace("THE-KEY-THAT-YOU-KEPT", "a pass phrase of the test")
                                .replace("/var/lib/postgresql/18/main", data.toString())
                        + "[global]\nlog-level-file=off\nlock-path=%s\n".formatted(bare));
        // After the newest set.
        Instant moment = ledger.get(ledger.size() - 10).at();
        String commands = blocks.get(1)
                .replace("2026-11-27 02:13:00+00", RecoveryTarget.at(moment).words());
        assertThat(commands)
                .contains("info", "restore", RecoveryTarget.at(moment).words());

        String start = blocks.get(2)
                .replace(
                        "/usr/lib/postgresql/18/bin",
                        archived.server().programs().toString())
                .replace("/var/lib/postgresql/18/main", data.toString())
                .replace("/var/lib/postgresql/recovery.log", bare.resolve("log").toString())
                .replace("-o '", "-o '-p %d -k %s -c listen_addresses= ".formatted(FreePort.get(), bare));
        assertThat(start).contains(data.toString(), "-o '-p", "-c hot_standby=off");

        archived.asServersUser(configuration, "set -e; mkdir -m 700 %s; %s%n%s".formatted(data, commands, start));
        try {
            String port =
                    Files.readAllLines(data.resolve("postmaster.pid")).get(3).strip();
            org.awaitility.Awaitility.await()
                    .atMost(java.time.Duration.ofMinutes(1))
                    .ignoreExceptionsInstanceOf(IllegalStateException.class)
                    .until(() -> archived.ask(bare, port, "SELECT pg_is_in_recovery()")
                            .equals(List.of("f")));
            assertThat(archived.ask(bare, port, "SELECT row FROM ledger ORDER BY row"))
                    .containsExactlyElementsOf(ledger.stream()
                            .filter(row -> !row.at().isAfter(moment))
                            .map(row -> Integer.toString(row.row()))
                            .toList());
        } finally {
            archived.asServersUser(
                    configuration,
                    "%s/pg_ctl stop -w -m immediate -D %s"
                            .formatted(archived.server().programs(), data));
        }
    }

    @Test
    @Order(5)
    void aRecoveryInPlaceIsRefusedWhileTheServerRunsAndThenBringsTheMoment() throws Exception {
        Recoveries recoveries = archived.recoveries();
        List<PhysicalSet> sets = pitr.look().sets();
        // While the last set was being taken: its end is of the past that is given up.
        PhysicalSet last = sets.get(2);
        long begun = last.firstWal().number(SEGMENT) * SEGMENT;
        RecoveryPlan plan =
                recoveries.plan(RecoveryTarget.lsn(RecoveryTarget.written(begun + (last.lastLsn() - begun) / 2)));
        assertThat(plan.reach().set()).isEqualTo(sets.get(1));

        assertThatThrownBy(() -> recoveries.inPlace(plan)).hasMessageContaining("stop it first");

        inPlace(plan);
        List<String> recovered = archived.server().query("shop", "SELECT row FROM ledger ORDER BY row");
        Instant moment = ledger.get(recovered.size() - 1).at();
        assertThat(recovered).containsExactlyElementsOf(rowsAt(moment));
        archived.server().execute("shop", "INSERT INTO ledger VALUES (-2, 'of timeline 2')");
        awaitTimeline(2);
        assertThat(besideAt(RecoveryTarget.LATEST)).containsExactlyElementsOf(with(-2, rowsAt(moment)));
        // What the recovery gave up can still be recovered.
        Instant later = ledger.get(ledger.size() - 10).at();
        assertThat(besideAt(RecoveryTarget.at(later))).containsExactlyElementsOf(rowsAt(later));

        // It builds on a set of the past that was given up.
        pitr.take(PhysicalSet.Type.INCREMENTAL);
        Instant onTheSecond = pitr.look().archived().orElseThrow();
        archived.server().execute("shop", "INSERT INTO ledger VALUES (-3, 'and again')");
        Instant earlier = committed(sets.get(1).stopped().plusSeconds(1)).at();
        inPlace(recoveries.plan(RecoveryTarget.at(earlier)));
        archived.server().execute("shop", "INSERT INTO ledger VALUES (-4, 'of timeline 3')");
        awaitTimeline(3);
        assertThat(besideAt(RecoveryTarget.at(onTheSecond))).containsExactlyElementsOf(with(-2, rowsAt(moment)));
        assertThat(besideAt(RecoveryTarget.LATEST)).containsExactlyElementsOf(with(-4, rowsAt(earlier)));
        assertThat(pitr.prove().problems()).isEmpty();

        // The new timeline is archived, and a set on it can be recovered.
        pitr.take(PhysicalSet.Type.FULL);
        assertThat(pitr.prove().problems()).isEmpty();
    }

    private Committed committed(Instant from) {
        return ledger.stream()
                .filter(row -> !row.at().isBefore(from))
                .findFirst()
                .orElseThrow();
    }

    private List<String> rowsAt(Instant moment) {
        return ledger.stream()
                .filter(row -> !row.at().isAfter(moment))
                .map(row -> Integer.toString(row.row()))
                .toList();
    }

    private static List<String> with(int first, List<String> rows) {
        List<String> all = new ArrayList<>(rows);
        all.add(0, Integer.toString(first));
        return all;
    }

    private void inPlace(RecoveryPlan plan) throws Exception {
        archived.server().pause();
        Path running = archived.data().resolve("postmaster.pid");
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofMinutes(1))
                .until(() -> !Files.exists(running));
        archived.recoveries().inPlace(plan);
        archived.server().resume();
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofMinutes(1))
                .ignoreExceptions()
                .until(() -> archived.server()
                        .query("shop", "SELECT pg_is_in_recovery()")
                        .equals(List.of("f")));
    }

    private void awaitTimeline(long timeline) {
        archived.server().query("shop", "SELECT pg_switch_wal()");
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofMinutes(1))
                .until(() -> archived.recoveries().plan(RecoveryTarget.LATEST).timeline() == timeline);
    }

    private List<String> besideAt(RecoveryTarget target) throws Exception {
        Recoveries recoveries = archived.recoveries();
        recoveries.beside(recoveries.plan(target));
        List<String> rows = archived.beside("shop", "SELECT row FROM ledger ORDER BY row");
        recoveries.remove();
        return rows;
    }
}
