package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of the processes that push WAL asynchronously, as the stack does it, loses no segment. */
class KilledPusherTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int KILLS = 5;

    /** PostgreSQL pauses for a minute after three pushes that failed, and each waits so long for the process that was killed. */
    private static final String CONFIGURATION = """
            repo1-path=%s
            repo1-cipher-type=aes-256-cbc
            repo1-cipher-pass=secret
            [global:archive-push]
            archive-async=y
            archive-timeout=1
            [global]
            """;

    @Test
    void noSegmentIsLost(@TempDir Path folder) throws Exception {
        ArchivedServer archived = ArchivedServer.start(folder, CONFIGURATION.formatted(folder.resolve("repository")));
        try {
            Pitr pitr = archived.pitr();
            pitr.take(PhysicalSet.Type.FULL);
            archived.server().execute("postgres", "CREATE TABLE rows (row int)");

            for (int i = 1; i <= KILLS; i++) {
                archived.server().execute("postgres", "INSERT INTO rows VALUES (" + i + ")");
                archived.server().query("postgres", "SELECT pg_switch_wal()");
                await().pollInterval(Duration.ofMillis(20)).atMost(PATIENCE).until(() -> kill(folder));
            }
            archived.server().execute("postgres", "INSERT INTO rows VALUES (0)");
            String last = archived.server()
                    .query("postgres", "SELECT pg_walfile_name(pg_switch_wal() - 1)")
                    .get(0);
            await().atMost(PATIENCE)
                    .until(() -> archived.server()
                            .query("postgres", "SELECT last_archived_wal >= '%s' FROM pg_stat_archiver".formatted(last))
                            .equals(List.of("t")));

            PitrState state = pitr.look();
            assertThat(state.gaps()).isEmpty();
            assertThat(state.spans()).hasSize(1);
            Recoveries recoveries = archived.recoveries();
            recoveries.beside(recoveries.plan(RecoveryTarget.LATEST));
            assertThat(archived.beside("postgres", "SELECT count(*) FROM rows"))
                    .containsExactly(Integer.toString(KILLS + 1));
        } finally {
            archived.close();
        }
    }

    /** What the command of the server left behind to do the work. */
    private static boolean kill(Path folder) {
        return ProcessHandle.allProcesses()
                        .filter(process -> process.info()
                                .commandLine()
                                .filter(line -> line.contains("archive-push:async") && line.contains(folder.toString()))
                                .isPresent())
                        .map(ProcessHandle::destroyForcibly)
                        .filter(killed -> killed)
                        .count()
                > 0;
    }
}
