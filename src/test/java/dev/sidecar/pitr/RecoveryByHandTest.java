package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.pitr.InstanceBeside.Stage;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.support.FreePort;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Somebody recovers in a hurry, with a server that is not set up as ours is: smaller segments, other roles, another repository. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecoveryByHandTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private ArchivedServer archived;
    private int port;
    private String lsn;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        archived = ArchivedServer.start(folder, "");
        port = FreePort.get();
        archived.with("instance.port", port);
        withSegmentsOfOneMegabyte();
        archived.server()
                .execute(
                        "postgres",
                        "CREATE ROLE second SUPERUSER LOGIN",
                        "SET password_encryption = 'md5'; CREATE ROLE veteran LOGIN PASSWORD 'old'",
                        "CREATE TABLE rows (row int)");
        // The first segment of a log tells nothing.
        switchWal();
        archived.pitr().take(PhysicalSet.Type.FULL);
        for (int i = 0; i < 3; i++) {
            archived.server().execute("postgres", "INSERT INTO rows VALUES (1)");
            lsn = archived.server()
                    .query("postgres", "SELECT pg_current_wal_insert_lsn()")
                    .get(0);
            archived.server().execute("postgres", "INSERT INTO rows VALUES (2)");
            switchWal();
        }
    }

    private void switchWal() {
        String segment = archived.server()
                .query("postgres", "SELECT pg_walfile_name(pg_switch_wal() - 1)")
                .get(0);
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> archived.server()
                                .query(
                                        "postgres",
                                        "SELECT 1 FROM pg_stat_archiver WHERE last_archived_wal >= '%s' OR last_archived_wal IS NULL"
                                                .formatted(segment))
                                .size()
                        > 0);
    }

    private void withSegmentsOfOneMegabyte() throws Exception {
        archived.server().pause();
        Path running = archived.data().resolve("postmaster.pid");
        Awaitility.await().atMost(PATIENCE).until(() -> !Files.exists(running));
        archived.asServersUser(
                archived.folder().resolve("pgbackrest.conf"),
                "%s/pg_resetwal --wal-segsize=1 %s".formatted(archived.server().programs(), archived.data()));
        archived.server().resume();
        Awaitility.await()
                .atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IllegalStateException.class)
                .until(() -> !archived.server().query("postgres", "SELECT 1").isEmpty());
    }

    @AfterEach
    void removeInstance() throws Exception {
        archived.with("instance.superuser", "")
                .withBackup("server.port", archived.server().port());
        if (Files.exists(archived.folder().resolve("instance/sidecar-instance"))) {
            archived.recoveries().remove();
        }
    }

    @AfterAll
    void stop() {
        archived.close();
    }

    /** As in the container of the separate instance, which does not reach the server. */
    @Test
    void withoutTheServerItsSegmentsAreAsLargeAsTheSetsTell() throws Exception {
        archived.withBackup("server.port", FreePort.get());
        Recoveries recoveries = archived.recoveries();

        recoveries.beside(recoveries.plan(RecoveryTarget.lsn(lsn)));

        assertThat(archived.ask(
                        archived.folder().resolve("instance/s"),
                        Integer.toString(port),
                        "postgres",
                        "SELECT row FROM rows"))
                .containsExactly("1", "2", "1", "2", "1");
    }

    @Test
    void aPortThatIsTakenIsToldBeforeAnythingIsRestored() throws Exception {
        try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            Recoveries recoveries = archived.recoveries();
            RecoveryPlan plan = recoveries.plan(RecoveryTarget.LATEST);

            assertThatThrownBy(() -> recoveries.beside(plan))
                    .isInstanceOfSatisfying(
                            BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY))
                    .hasMessageContaining("cannot listen on port " + other.getLocalPort())
                    .hasMessageContaining("sidecar.pitr.instance.port");
            assertThat(archived.folder().resolve("instance")).isEmptyDirectory();
        }
    }

    @Test
    void aSuperuserOfAnotherNameIsToldAtOnceAndThenNamed() throws Exception {
        archived.with("instance.superuser", "first");
        Recoveries wrong = archived.recoveries();
        RecoveryPlan plan = wrong.plan(RecoveryTarget.LATEST);
        assertThatThrownBy(() -> wrong.beside(plan))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.NOT_CONFIGURED))
                .hasMessageContaining("has no role 'first': set sidecar.pitr.instance.superuser");

        archived.with("instance.superuser", "second");
        Recoveries recoveries = archived.recoveries();
        recoveries.beside(plan);

        // Its password is of the old form.
        try (Connection veteran =
                DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "veteran", "old")) {
            assertThat(veteran.isValid(10)).isTrue();
        }
        recoveries.startAgain();
        recoveries.stop();
        assertThatThrownBy(recoveries::promote).hasMessageContaining("start it first with 'sidecar pitr start'");
        recoveries.startAgain();
        recoveries.promote();
        recoveries.promote();
        assertThat(recoveries.stage()).isEqualTo(Stage.PROMOTED);
    }

    @Test
    void whatWasKilledWhileItRestoredIsNotStarted() throws Exception {
        Files.writeString(archived.folder().resolve("instance/sidecar-instance"), "15\n");
        Recoveries recoveries = archived.recoveries();

        assertThatThrownBy(recoveries::startAgain)
                .hasMessageContaining("was interrupted before it was complete: remove it with 'sidecar pitr remove'");
        assertThatThrownBy(recoveries::promote).hasMessageContaining("was interrupted");
    }

    /** pgBackRest asks for a number there, or says that they differ. */
    @Test
    void aSecondRepositoryIsLeftAlone() throws Exception {
        Path second = archived.folderOfServersUser("second");
        Path configuration = archived.folder().resolve("pgbackrest.conf");
        String one = Files.readString(configuration);
        try {
            Files.writeString(
                    configuration,
                    one.replace("[main]", "repo2-path=%s%nrepo2-retention-full=1%n[main]".formatted(second)));
            Pitr pitr = archived.pitr();
            assertThat(pitr.look().sets()).hasSize(1);

            archived.asServersUser(configuration, "pgbackrest --stanza=main stanza-create");
            String label = pitr.take(PhysicalSet.Type.INCREMENTAL);

            assertThat(pitr.look().sets()).extracting(PhysicalSet::label).contains(label);
            assertThat(pitr.prove().problems()).isEmpty();
            assertThat(second.resolve("backup/main")).isDirectoryNotContaining("glob:**/2*");
        } finally {
            Files.writeString(configuration, one);
        }
    }
}
