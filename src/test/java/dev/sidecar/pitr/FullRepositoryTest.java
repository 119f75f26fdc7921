package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A repository that really has no room left costs sets, and neither the database nor what is in the repository. */
@Tag("long")
class FullRepositoryTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private SmallRepository small;
    private ArchivedServer archived;
    private Pitr pitr;
    private String good;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        small = new SmallRepository(64);
        archived = ArchivedServer.start(folder, "repo1-path=%s\n".formatted(small.path()));
        pitr = archived.pitr();
        archived.server().execute("postgres", "CREATE TABLE rows (row int)");
        good = pitr.take(PhysicalSet.Type.FULL);
    }

    @AfterEach
    void stop() {
        if (archived != null) {
            archived.close();
        }
        small.close();
    }

    @Test
    void walThatFindsNoRoomIsToldAndArrivesOnceThereIsSome() throws Exception {
        small.fill(0);
        for (int i = 0; i < 6; i++) {
            archived.server().execute("postgres", "INSERT INTO rows VALUES (1)", "SELECT pg_switch_wal()");
        }

        await().atMost(PATIENCE).until(() -> pitr.look().failures() > 0);

        assertThat(archived.metric("sidecar.pitr.archive.failures")).isPositive();
        assertThat(pitr.look().problems()).anyMatch(problem -> problem.contains("Archiving fails"));
        // What waits for the archive is on the database's disk, and counted there.
        assertThat(archived.metric("sidecar.pitr.wal")).isEqualTo(walOnDisk()).isGreaterThan(6 * 16e6);
        assertThat(failureOfASet()).hasMessageContaining("The repository may be full");
        assertThat(pitr.look().sets()).extracting(PhysicalSet::label).containsExactly(good);

        small.makeRoom();

        await().atMost(PATIENCE).until(() -> pitr.look().failures() == 0);
        assertThat(archived.metric("sidecar.pitr.archive.failures")).isZero();
        assertThat(pitr.look().gaps()).isEmpty();
        proveAll("6");
    }

    @Test
    void aSetThatFindsNoRoomIsToldAndLeavesTheLastOne() throws Exception {
        archived.server()
                .execute(
                        "postgres",
                        "CREATE TABLE large AS SELECT sha512(i::text::bytea) AS noise FROM generate_series(1, 200000) i",
                        "CHECKPOINT");
        String segment = archived.server()
                .query("postgres", "SELECT pg_walfile_name(pg_switch_wal() - 1)")
                .get(0);
        await().atMost(PATIENCE)
                .until(() -> archived.server()
                                .query("postgres", "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")
                                .get(0)
                                .compareTo(segment)
                        >= 0);
        small.fill(4_000);

        BackupFailure failure = failureOfASet();

        assertThat(failure).hasMessageContaining("The repository is full: make room");
        assertThat(failure.reason()).isEqualTo(Reason.SPACE);
        assertThat(pitr.look().sets()).extracting(PhysicalSet::label).containsExactly(good);

        small.makeRoom();

        proveAll("0");
    }

    private BackupFailure failureOfASet() {
        return catchThrowableOfType(BackupFailure.class, () -> pitr.take(PhysicalSet.Type.FULL));
    }

    private double walOnDisk() {
        return Double.parseDouble(archived.server()
                .query("postgres", "SELECT sum(size) FROM pg_ls_waldir()")
                .get(0));
    }

    private void proveAll(String rows) throws Exception {
        assertThat(archived.server().query("postgres", "SELECT count(*) FROM rows"))
                .isEqualTo(List.of(rows));
        RecoveryResult drill = pitr.prove();
        assertThat(drill.problems()).isEmpty();
        assertThat(drill.set()).isEqualTo(good);
        String next = pitr.take(PhysicalSet.Type.FULL);
        assertThat(pitr.look().sets()).extracting(PhysicalSet::label).contains(good, next);
        assertThat(pitr.prove().problems()).isEmpty();
    }
}
