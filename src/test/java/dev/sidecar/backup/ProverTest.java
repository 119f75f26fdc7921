package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sidecar.postgres.TestProver;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The prover as the stack runs it: another process in namespaces of its own, reached over one socket. */
class ProverTest {

    private static final PostgresServer SERVER = PostgresServer.shared();

    @TempDir
    private Path folder;

    private String database;
    private Path shared;
    private Path scratch;
    private Process prover;
    private BackupFixture fixture;

    @BeforeEach
    void start() throws IOException {
        database = SERVER.createDatabase("prover");
        SERVER.execute(
                database,
                "CREATE TABLE large AS SELECT i, repeat(md5(i::text), 10) AS t FROM generate_series(1, 20000) i",
                "CREATE TABLE small (id int PRIMARY KEY, t text)",
                "INSERT INTO small SELECT i, 'x' FROM generate_series(1, 100) i");
        shared = Files.createDirectory(folder.resolve("shared"));
        scratch = Files.createDirectory(folder.resolve("files"));
        fixture = new BackupFixture(SERVER, folder)
                .with("dump.own-archive-above", "1MB")
                .with("scratch.prover", shared.resolve("prover").toString())
                .with("scratch.prover-wait", "30s");
        prover = TestProver.start(folder, shared, scratch);
    }

    @AfterEach
    void stop() throws Exception {
        prover.destroyForcibly().waitFor();
        SERVER.dropDatabase(database);
    }

    @Test
    void everyProofHasAClusterOfItsOwnAndNothingIsLeft() throws Exception {
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        for (int i = 0; i < 2; i++) {
            Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
            assertThat(verification.problems()).isEmpty();
            assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
        }
    }

    @Test
    void whatAProofLeavesRunningMeetsNoOther() throws Exception {
        SERVER.execute(
                database,
                """
                CREATE FUNCTION stay(v int) RETURNS bool LANGUAGE plpgsql AS $a$BEGIN
                  IF session_user = 'sidecar_scratch' THEN
                    COPY (SELECT 1) TO PROGRAM $c$setsid sleep 86399 </dev/null >/dev/null 2>&1 &$c$;
                    COPY (SELECT 1) TO PROGRAM $c$mkdir -p %s/closed/x; chmod 0 %s/closed$c$;
                  END IF;
                  RETURN true;
                END$a$""".formatted(scratch, scratch),
                "CREATE TABLE staying (v int CHECK (stay(v)))",
                "INSERT INTO staying VALUES (1)");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        Verification first = backups.verify(backup, VerificationLevel.L3, backups.progress());
        assertThat(first.problems()).isEmpty();
        Verification second = backups.verify(backup, VerificationLevel.L1, backups.progress());
        assertThat(second.problems()).isEmpty();

        org.awaitility.Awaitility.await().until(() -> sleepers().isEmpty() && left().equals(List.of()));
    }

    @Test
    void aRestoreThatNeverEndsIsStopped() throws Exception {
        SERVER.execute(
                database, """
                CREATE FUNCTION linger(v int) RETURNS bool LANGUAGE plpgsql AS $a$BEGIN
                  IF session_user = 'sidecar_scratch' THEN PERFORM pg_sleep(86400); END IF;
                  RETURN true;
                END$a$""", "CREATE TABLE lingering (v int CHECK (linger(v)))", "INSERT INTO lingering VALUES (1)");
        Backup backup = fixture.take(database);
        Backups backups = fixture.with("dump.limit", "20s").backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());

        assertThat(verification.reached()).isEqualTo(VerificationLevel.L2);
        assertThat(verification.problems()).singleElement().asString().contains("did not end within");
    }

    @Test
    void awayIsSaidAndNothingIsRestoredElsewhere() throws Exception {
        Backup backup = fixture.take(database);
        prover.destroyForcibly().waitFor();
        Backups backups = fixture.with("scratch.prover-wait", "1s").backups();

        BackupFailure failure = catchThrowableOfType(
                BackupFailure.class, () -> backups.verify(backup, VerificationLevel.L4, backups.progress()));

        assertThat(failure).hasMessageContaining("could not be verified: the prover is not running");
    }

    @Test
    void aProverThatDiesWhileItProvesIsNoProof() throws Exception {
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        SERVER.execute(database, "SELECT 1");
        Thread killer = new Thread(() -> {
            org.awaitility.Awaitility.await().until(() -> left().contains("data"));
            prover.destroyForcibly();
        });
        killer.start();

        Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(
                () -> assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                                .held())
                        .isFalse());
        killer.join();

        assertThat(thrown == null || thrown instanceof BackupFailure)
                .as("%s", thrown)
                .isTrue();
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.list(scratch)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static List<ProcessHandle> sleepers() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains("sleep 86399"))
                .toList();
    }
}
