package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database goes on whatever becomes of its archive, and what was lost on the way is told. */
class ArchivingFaultsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Test
    void aFullQueueLetsTheDatabaseGoOnAndTheChainTellsTheGap(@TempDir Path folder) throws Exception {
        try (ArchivedServer archived = ArchivedServer.start(folder, """
                repo1-path=%s
                archive-push-queue-max=40MB
                """.formatted(folder.resolve("repository")))) {
            Pitr pitr = archived.pitr();
            archived.server().execute("postgres", "CREATE TABLE rows (row int)");
            pitr.take(PhysicalSet.Type.FULL);
            Path archive = folder.resolve("repository/archive");
            Path away = Files.move(archive, folder.resolve("away"));
            Files.writeString(archive, "a file where a folder has to be");

            long dropped = archived(archived);
            for (int i = 0; i < 6; i++) {
                write(archived);
            }

            await().atMost(PATIENCE).until(() -> archived(archived) > dropped);
            assertThat(archived.server().query("postgres", "SELECT count(*) FROM rows"))
                    .containsExactly("6");
            assertThat(pitr.known().orElseThrow().gaps()).isEmpty();
            Files.delete(archive);
            Files.move(away, archive);
            // A segment that comes while the last ones are still being dropped goes the same way.
            await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(2)).until(() -> {
                write(archived);
                return !pitr.look().gaps().isEmpty();
            });

            assertThat(pitr.look().problems()).anyMatch(problem -> problem.contains("Take a full set"));

            pitr.take(PhysicalSet.Type.FULL);
            assertThat(pitr.prove().problems()).isEmpty();
        }
    }

    private static void write(ArchivedServer archived) {
        archived.server().execute("postgres", "INSERT INTO rows VALUES (1)", "SELECT pg_switch_wal()");
    }

    private static long archived(ArchivedServer archived) {
        return Long.parseLong(archived.server()
                .query("postgres", "SELECT archived_count FROM pg_stat_archiver")
                .get(0));
    }
}
