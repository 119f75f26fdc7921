package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.sets.BackupFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} of the database's server loses no transaction that was committed, no WAL and no set. */
@Tag("long")
class KilledServerTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Archives, and stops before or after that for as long as a file says so. */
    private static final String ARCHIVE = """
            #!/bin/sh
            wait_while() { while [ -e "$1" ]; do touch %1$s/held; sleep 0.1; done; }
            wait_while %1$s/before
            pgbackrest --config=%2$s --stanza=main archive-push "$1" || exit
            wait_while %1$s/after
            """;

    private ArchivedServer archived;
    private Path hold;
    private Pitr pitr;
    private String good;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        hold = folder.resolve("hold");
        Path command = folder.resolve("archive-by-pgbackrest");
        Files.writeString(command, ARCHIVE.formatted(hold, folder.resolve("pgbackrest.conf")));
        Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
        archived = ArchivedServer.start(folder, "", "archive_command=%s %%p".formatted(command));
        archived.folderOfServersUser("hold");
        pitr = archived.pitr();
        archived.server().execute("postgres", "CREATE TABLE rows (row int)");
        good = pitr.take(PhysicalSet.Type.FULL);
    }

    @AfterEach
    void stop() {
        if (archived != null) {
            archived.close();
        }
    }

    private void write() {
        archived.server().execute("postgres", "INSERT INTO rows VALUES (1)");
    }

    private void startAgain() throws Exception {
        archived.server().resume();
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IllegalStateException.class)
                .until(() -> !archived.server().query("postgres", "SELECT 1").isEmpty());
    }

    /** Killed after the push, the server does not know that the segment is archived, and pushes it again. */
    @ParameterizedTest
    @ValueSource(strings = {"before", "after"})
    void whileItArchives(String when) throws Exception {
        Files.createFile(hold.resolve(when));
        write();
        archived.server().query("postgres", "SELECT pg_switch_wal()");
        await().atMost(PATIENCE).until(() -> Files.exists(hold.resolve("held")));
        write();

        archived.server().kill();
        Files.delete(hold.resolve(when));
        startAgain();
        write();

        everythingIsThere("3");
    }

    @Test
    void whileASetIsTaken() throws Exception {
        write();
        Files.createFile(hold.resolve("before"));
        CompletableFuture<BackupFailure> failed = failure(() -> pitr.take(PhysicalSet.Type.FULL));
        // It has begun, and waits for the WAL of its beginning.
        await().atMost(PATIENCE).until(() -> Files.exists(hold.resolve("held")));
        write();

        archived.server().kill();

        // It asks the server or waits for its WAL at that moment.
        assertThat(failed.get().getMessage())
                .containsAnyOf("The sets in the repository are untouched", "WAL did not arrive in the archive");
        Files.delete(hold.resolve("before"));
        startAgain();
        write();
        assertThat(pitr.look().sets()).extracting(PhysicalSet::label).containsExactly(good);
        everythingIsThere("3");
    }

    /** That says nothing of the sets. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileADrillRuns(boolean promoted) throws Exception {
        write();
        archived.server().query("postgres", "SELECT pg_switch_wal()");
        Recoveries recoveries = archived.recoveries();
        await().atMost(PATIENCE).ignoreExceptions().until(() -> pitr.look().failures() == 0);
        RecoveryPlan before = recoveries.plan(RecoveryTarget.LATEST);
        Files.createFile(hold.resolve("before"));
        Pitr drilling = archived.with("rpo", promoted ? "2m" : "10s").pitr();
        CompletableFuture<BackupFailure> failed = failure(drilling::prove);
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> !archived.server()
                        .query("postgres", "SELECT 1 FROM sidecar_pitr.marker WHERE side = 'B'")
                        .isEmpty());
        await().atMost(PATIENCE).until(() -> Files.exists(hold.resolve("held")));

        archived.server().kill();
        Files.delete(hold.resolve("before"));
        if (promoted) {
            Files.deleteIfExists(archived.data().resolve("postmaster.pid"));
            recoveries.inPlace(before);
            startAgain();
            await().atMost(PATIENCE)
                    .until(() -> archived.server()
                            .query("postgres", "SELECT pg_is_in_recovery()")
                            .equals(List.of("f")));
            await("the drill, which waits for WAL")
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        write();
                        archived.server().query("postgres", "SELECT pg_switch_wal()");
                        return failed.isDone();
                    });
        }

        assertThat(failed.get())
                .hasMessageContaining(
                        promoted
                                ? "The server was promoted, recovered or replaced while the drill ran"
                                : "Cannot open database 'postgres'");
        assertThat(drilling.lastDrill()).isEmpty();
        assertThat(drilling.trouble()).isPresent();
        if (!promoted) {
            startAgain();
        }
        assertThat(drilling.prove().problems()).isEmpty();
    }

    private interface Act {
        void run() throws InterruptedException;
    }

    private static CompletableFuture<BackupFailure> failure(Act act) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                act.run();
                return null;
            } catch (BackupFailure e) {
                return e;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void everythingIsThere(String rows) throws Exception {
        assertThat(archived.server().query("postgres", "SELECT count(*) FROM rows"))
                .isEqualTo(List.of(rows));
        RecoveryResult drill = pitr.prove();
        assertThat(drill.problems()).isEmpty();
        assertThat(drill.set()).isEqualTo(good);
        assertThat(pitr.look().gaps()).isEmpty();
        assertThat(archived.metric("sidecar.pitr.archive.failures")).isZero();
        String next = pitr.take(PhysicalSet.Type.FULL);
        assertThat(pitr.look().sets()).extracting(PhysicalSet::label).containsExactly(good, next);
        assertThat(pitr.prove().problems()).isEmpty();
    }
}
