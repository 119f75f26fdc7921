package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plants what goes wrong with sets and WAL, and reads what is said of it. Each fault leaves a chain that can be relied on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PitrFaultsTest {

    private ArchivedServer archived;
    private Pitr pitr;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        archived = ArchivedServer.start(folder, "");
        pitr = archived.pitr();
        archived.server().execute("postgres", "CREATE TABLE rows (row int)");
        pitr.take(PhysicalSet.Type.FULL);
    }

    @AfterAll
    void stop() {
        archived.close();
    }

    /** @return the segment that held the row */
    private String writeAndArchive() {
        archived.server().execute("postgres", "INSERT INTO rows VALUES (1)");
        String segment = archived.server()
                .query("postgres", "SELECT pg_walfile_name(pg_switch_wal() - 1)")
                .get(0);
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> archived(segment).isPresent());
        return segment;
    }

    private Optional<Path> archived(String segment) throws Exception {
        try (Stream<Path> files = Files.find(
                archived.folder().resolve("repository/archive"),
                9,
                (file, attributes) -> file.getFileName().toString().matches(segment + "-[0-9a-f]{40}\\.zst"))) {
            return files.findFirst();
        }
    }

    @Test
    void aGapIsToldAndAFullSetEndsIt() throws Exception {
        writeAndArchive();
        String lost = writeAndArchive();
        writeAndArchive();
        Files.delete(archived(lost).orElseThrow());
        archived.at(Clock.offset(Clock.systemUTC(), Duration.ofMinutes(2)));
        Pitr later = archived.with("rpo", "10m").pitr();

        PitrState state = later.look();

        assertThat(state.gaps()).hasSize(1);
        assertThat(state.problems()).anyMatch(problem -> problem.contains("segment " + lost));
        RecoveryResult drill = later.prove();
        assertThat(drill.held()).isFalse();
        assertThat(drill.problems()).anyMatch(problem -> problem.contains("No set leads to now"));

        later.take(PhysicalSet.Type.FULL);

        assertThat(later.prove().problems()).isEmpty();
        // What was asked for is done, whatever was lost.
        PitrState after = later.look();
        assertThat(after.problems()).noneMatch(problem -> problem.contains("WAL is missing"));
        assertThat(after.lines())
                .anyMatch(line -> line.contains("segment " + lost) && line.contains("A set was taken after it"));
        assertThat(after.gaps()).hasSize(1);
        archived.at(Clock.systemUTC());
    }

    @Test
    void aMomentAfterTheLastTransactionIsToldWithThatTransaction() throws Exception {
        writeAndArchive();
        Recoveries recoveries = archived.recoveries();
        Instant last = pitr.look().archived().orElseThrow();
        Awaitility.await().until(() -> Instant.now().isAfter(last.plusSeconds(2)));
        // Archived, but without a transaction.
        archived.server().query("postgres", "SELECT pg_create_restore_point('none')");
        archived.server().query("postgres", "SELECT pg_switch_wal()");
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> pitr.look().archived().orElseThrow().isAfter(last.plusSeconds(1)));
        Instant end = pitr.look().archived().orElseThrow();

        assertThatThrownBy(() -> recoveries.beside(recoveries.plan(RecoveryTarget.at(end))))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("after the last archived transaction")
                .hasMessageContaining("--latest");
        // What failed is not taken for a recovery.
        assertThat(archived.folder().resolve("instance")).isEmptyDirectory();
    }

    @Test
    void aWrongRepositoryKeyIsToldAndNothingIsMadeAnew() throws Exception {
        String right = Files.readString(archived.folder().resolve("pgbackrest.conf"));
        List<PhysicalSet> before = pitr.look().sets();
        try {
            Files.writeString(
                    archived.folder().resolve("pgbackrest.conf"),
                    right.replace("a pass phrase", "another pass phrase"));

            assertThatThrownBy(pitr::look)
                    .isInstanceOfSatisfying(
                            BackupFailure.class,
                            e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(Reason.ENCRYPTION))
                    .hasMessageContaining("cannot be read with this key");
            assertThat(pitr.unreadable()).isPresent();
            assertThatThrownBy(() -> pitr.take(PhysicalSet.Type.FULL)).hasMessageContaining("with this key");
            assertThat(pitr.prove().problems()).anyMatch(problem -> problem.contains("with this key"));
        } finally {
            Files.writeString(archived.folder().resolve("pgbackrest.conf"), right);
        }
        assertThat(pitr.look().sets()).isEqualTo(before);
        assertThat(pitr.unreadable()).isEmpty();
    }

    @Test
    void twoClustersOnOneStanzaAreTold() throws Exception {
        PostgresServer other = PostgresServer.shared();
        archived.withBackup("server.port", other.port()).withBackup("server.password", other.password());
        try {
            assertThat(archived.pitr().look().problems())
                    .anyMatch(problem -> problem.contains("two clusters must not share a stanza"));
            assertThatThrownBy(() -> archived.pitr().answer())
                    .hasMessage("the server does not archive: set archive_mode = on and restart it");
        } finally {
            archived.withBackup("server.port", archived.server().port())
                    .withBackup("server.password", archived.server().password());
        }
    }

    @Test
    void aProbeSaysWhatServerAndRepositoryHave() throws Exception {
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> pitr.look().failures() == 0);

        assertThat(pitr.answer())
                .matches("the server archives, and the repository has (1 set|\\d+ sets) and \\d+ segments of WAL");
    }

    @Test
    void archivingThatFailsIsCountedUntilItSucceeds() throws Exception {
        String right =
                archived.server().query("postgres", "SHOW archive_command").get(0);
        Pitr watching = archived.pitr();
        assertThat(watching.look().failures()).isZero();
        // What the command line of the server says is stronger than what can be set: pgBackRest itself has to fail.
        Path config = archived.folder().resolve("pgbackrest.conf");
        Path aside = archived.folder().resolve("aside.conf");
        assertThat(right).contains(config.toString());
        Files.move(config, aside);
        try {
            archived.server().execute("postgres", "INSERT INTO rows VALUES (2)", "SELECT pg_switch_wal()");
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> !archived.server()
                            .query(
                                    "postgres",
                                    "SELECT 1 FROM pg_stat_archiver WHERE failed_count > 0 AND last_failed_time > coalesce(last_archived_time, '-infinity')")
                            .isEmpty());
            assertThatThrownBy(watching::look).hasMessageContaining("Cannot read " + config);
        } finally {
            Files.move(aside, config);
        }
        PitrState failing = watching.look();
        if (failing.failures() > 0) {
            assertThat(failing.problems()).anyMatch(problem -> problem.contains("Archiving fails"));
        }
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> watching.look().failures() == 0);
    }

    /** Each would be a segment more on a disk that fills because nothing is archived. */
    @Test
    void anIdleServerIsPushedOnceUntilItsWalArrives() throws Exception {
        pitr.take(PhysicalSet.Type.FULL);
        archived.at(Clock.offset(Clock.systemUTC(), Duration.ofMinutes(10)));
        Pitr watching = archived.pitr();
        archived.at(Clock.systemUTC());
        PitrState old = watching.look();
        String before = segment();

        watching.pushIfIdle(old);
        String pushed = segment();
        watching.pushIfIdle(old);
        watching.pushIfIdle(old);

        assertThat(pushed).isNotEqualTo(before);
        assertThat(segment()).isEqualTo(pushed);
    }

    private String segment() {
        return archived.server()
                .query("postgres", "SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
                .get(0);
    }

    @Test
    void aSetThatIsKilledIsNoSetAndTheNextIsOne() throws Exception {
        List<PhysicalSet> before = pitr.look().sets();
        CompletableFuture<Throwable> failed = CompletableFuture.supplyAsync(() -> {
            try {
                pitr.take(PhysicalSet.Type.FULL);
                return null;
            } catch (BackupFailure | InterruptedException e) {
                return e;
            }
        });
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> ProcessHandle.current()
                        .descendants()
                        .filter(process -> commandLine(process).contains("\0backup\0"))
                        .peek(ProcessHandle::destroyForcibly)
                        .findAny()
                        .isPresent());

        assertThat(failed.get()).isInstanceOf(BackupFailure.class);
        assertThat(pitr.look().sets()).isEqualTo(before);

        String label = pitr.take(PhysicalSet.Type.FULL);

        assertThat(pitr.look().sets()).extracting(PhysicalSet::label).contains(label);
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (java.io.IOException e) {
            return "";
        }
    }

    @Test
    void aClockThatWasSetBackIsTold() throws Exception {
        archived.at(Clock.offset(Clock.systemUTC(), Duration.ofDays(-1)));
        try {
            assertThat(archived.pitr().look().problems())
                    .anyMatch(problem -> problem.contains("is of the future"))
                    .anyMatch(problem -> problem.contains("archived in the future"));
        } finally {
            archived.at(Clock.systemUTC());
        }
    }

    @Test
    void withoutTheProgramOrItsConfigurationTheSettingIsNamed() {
        assertThatThrownBy(() -> archived.with("config", "/nowhere/pgbackrest.conf")
                        .pitr()
                        .look())
                .hasMessageContaining("sidecar.pitr.config");
        archived.with("config", archived.folder().resolve("pgbackrest.conf").toString());
    }

    /** A drill takes a while, and the live tables do not wait for it. */
    @Test
    void tablesThatAreMadeOrEmptiedAroundTheMomentAreNoLoss() throws Exception {
        archived.server()
                .execute(
                        "postgres",
                        "CREATE TABLE emptied WITH (autovacuum_enabled = off) AS SELECT i FROM generate_series(1, 9000) i",
                        "ANALYZE emptied",
                        "DELETE FROM emptied WHERE i > 10");
        Pitr drilling = archived.with(
                        "results-file", archived.folder().resolve("tables.json").toString())
                .pitr();
        drilling.take(PhysicalSet.Type.FULL);
        archived.server().execute("postgres", "DROP SCHEMA IF EXISTS sidecar_pitr CASCADE");
        CompletableFuture<Void> later = CompletableFuture.runAsync(() -> {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> !archived.server()
                            .query("postgres", "SELECT 1 FROM pg_class WHERE relname = 'marker'")
                            .isEmpty());
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> !archived.server()
                            .query("postgres", "SELECT 1 FROM sidecar_pitr.marker WHERE side = 'B'")
                            .isEmpty());
            archived.server()
                    .execute(
                            "postgres",
                            "CREATE TABLE made AS SELECT i, repeat('x', 500) AS filler FROM generate_series(1, 5000) i",
                            "ANALYZE made");
        });

        RecoveryResult drill = drilling.prove();

        later.get();
        assertThat(drill.problems()).isEmpty();
        assertThat(drill.lines()).anyMatch(line -> line.contains("1 sampled tables counted"));
        archived.server().execute("postgres", "DROP TABLE made, emptied");
    }

    /** A set from which a recovery was proven stays until a younger one is proven, whatever the retention says. */
    @Test
    void theLastProvenSetOutlivesTheRetention() throws Exception {
        Pitr proving = archived.with(
                        "results-file", archived.folder().resolve("sacred.json").toString())
                .pitr();
        String proven = proving.prove().set();
        assertThat(proven).isNotEqualTo("-");
        for (int i = 0; i < 3; i++) {
            proving.take(PhysicalSet.Type.FULL);
        }
        assertThat(proving.look().sets()).extracting(PhysicalSet::label).contains(proven);

        proving.prove();
        proving.take(PhysicalSet.Type.FULL);

        assertThat(proving.look().sets()).extracting(PhysicalSet::label).doesNotContain(proven);
    }

    /** The moments before it can still be recovered. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTimelineWhoseHistoryIsMissingOrDamagedIsTold(boolean damaged) throws Exception {
        Path segment = archived(writeAndArchive()).orElseThrow();
        Path log = segment.getParent();
        Path planted =
                log.resolveSibling("00000002" + log.getFileName().toString().substring(8));
        Files.createDirectory(planted);
        Path file =
                planted.resolve("00000002" + segment.getFileName().toString().substring(8));
        Files.copy(segment, file);
        Path history = log.resolveSibling("00000002.history");
        if (damaged) {
            Files.writeString(history, "no history");
        }
        try {
            PitrState state = pitr.look();
            assertThat(state.problems()).anyMatch(problem -> problem.contains("archive 00000002.history"));
            assertThat(pitr.leadsTo(RecoveryTarget.at(state.spans().get(0).to())))
                    .contains("recovered from set");
            assertThatThrownBy(() -> pitr.leadsTo(RecoveryTarget.LATEST))
                    .hasMessageContaining("history of timeline 2 is missing in the WAL archive or cannot be read");
            assertThat(pitr.prove().problems())
                    .singleElement(InstanceOfAssertFactories.STRING)
                    .contains("history of timeline 2");
        } finally {
            Files.deleteIfExists(history);
            Files.delete(file);
            Files.delete(planted);
        }
    }

    /** As in a repository that was copied without some of its files. */
    @Test
    void aSetThatCannotBeReadIsToldWhileTheOthersAreProven() throws Exception {
        Pitr proving = archived.with(
                        "results-file",
                        archived.folder().resolve("unreadable.json").toString())
                .pitr();
        String older = proving.take(PhysicalSet.Type.FULL);
        String newer = proving.take(PhysicalSet.Type.FULL);
        writeAndArchive();
        Path files = archived.folder().resolve("repository/backup/main").resolve(newer);
        Path away = files.resolveSibling("away");
        Files.move(files.resolve("pg_data"), away);
        try {
            RecoveryResult failed = proving.prove();
            assertThat(failed.set()).isEqualTo(newer);
            assertThat(failed.problems())
                    .singleElement(InstanceOfAssertFactories.STRING)
                    .contains("Files of the set are missing in the repository");

            RecoveryResult other = proving.prove();
            assertThat(other.problems()).isEmpty();
            assertThat(other.set()).isEqualTo(older);
            assertThat(proving.look().problems())
                    .anyMatch(problem -> problem.startsWith("The last recovery from set " + newer));

            Recoveries recoveries = archived.recoveries();
            assertThatThrownBy(() -> recoveries.beside(recoveries.plan(RecoveryTarget.LATEST)))
                    .hasMessageContaining(
                            ". If set " + newer + " cannot be read, an older one leads there, too: add --set " + older);
            recoveries.beside(recoveries.plan(RecoveryTarget.LATEST, Optional.of(older)));
            recoveries.remove();
            assertThatThrownBy(() -> recoveries.plan(RecoveryTarget.LATEST, Optional.of("20200101-000000F")))
                    .hasMessageContaining("There is no set '20200101-000000F'");
        } finally {
            Files.move(away, files.resolve("pg_data"));
        }
        assertThat(proving.prove().set()).isEqualTo(newer);
        assertThat(proving.look().problems()).noneMatch(problem -> problem.contains("last recovery from set"));
    }
}
