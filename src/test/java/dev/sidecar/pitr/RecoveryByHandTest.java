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
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Somebody recovers in a hurry, with a server that is not set up as ours is: smaller segments, other roles, another repository. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecoveryByHandTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private ArchivedServer archived;
    private int port;
    private String lsn;
    private String first;

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
        first = archived.pitr().take(PhysicalSet.Type.FULL);
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
            assertThat(pitr.look().sets()).extracting(PhysicalSet::label).contains(first);

            archived.asServersUser(configuration, "pgbackrest --stanza=main stanza-create");
            String label = pitr.take(PhysicalSet.Type.INCREMENTAL);

            assertThat(pitr.look().sets()).extracting(PhysicalSet::label).contains(label);
            assertThat(pitr.prove().problems()).isEmpty();
            assertThat(second.resolve("backup/main")).isDirectoryNotContaining("glob:**/2*");
        } finally {
            Files.writeString(configuration, one);
        }
    }

    /** Halfway it would leave no server at all. */
    @Test
    void aRecoveryInPlaceWithoutRoomIsRefusedBeforeAnythingIsTouched() throws Exception {
        Path configuration = archived.folder().resolve("pgbackrest.conf");
        String usual = Files.readString(configuration);
        Recoveries recoveries = archived.recoveries();
        RecoveryPlan plan = recoveries.plan(RecoveryTarget.LATEST);
        assertThat(recoveries.roomInPlace(plan)).contains("which is replaced", archived.data() + " holds");
        try (SmallRepository small = new SmallRepository(16)) {
            Path data = small.path().resolve("data");
            archived.asServersUser(
                    configuration,
                    "mkdir %1$s && head -c 1000000 /dev/zero | dd of=%1$s/file status=none".formatted(data));
            Files.writeString(configuration, usual.replaceFirst("pg1-path=.*", "pg1-path=" + data));

            assertThatThrownBy(() -> recoveries.inPlace(plan))
                    .isInstanceOfSatisfying(
                            BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.SPACE))
                    .hasMessageContaining("make room first. Nothing was changed.")
                    .hasMessageContaining(data + " holds 1.0 MB");
            assertThat(data).isDirectoryContaining("glob:**/file");
        } finally {
            Files.writeString(configuration, usual);
        }
    }

    /** Hot standby pauses there, as it does where it has arrived. */
    @Test
    void limitsThatWereRaisedAfterTheSetAreFollowed() throws Exception {
        restarted("ALTER SYSTEM SET max_locks_per_transaction = 77");
        restarted("ALTER SYSTEM SET max_worker_processes = 23");
        try {
            archived.server().execute("postgres", "CREATE TABLE later (row int)", "INSERT INTO later VALUES (1)");
            String end = archived.server()
                    .query("postgres", "SELECT pg_current_wal_insert_lsn()")
                    .get(0);
            archived.server().execute("postgres", "INSERT INTO later VALUES (2)");
            switchWal();
            Recoveries recoveries = archived.recoveries();

            for (RecoveryTarget target : List.of(RecoveryTarget.lsn(end), RecoveryTarget.LATEST)) {
                recoveries.beside(recoveries.plan(target, Optional.of(first)));
                assertThat(beside("SELECT max(row) FROM later"))
                        .containsExactly(target.equals(RecoveryTarget.LATEST) ? "2" : "1");
                recoveries.stop();
                recoveries.startAgain();
                assertThat(beside("SHOW max_locks_per_transaction")).containsExactly("77");
                recoveries.remove();
            }
        } finally {
            archived.server().execute("postgres", "DROP TABLE later");
            restarted("ALTER SYSTEM RESET ALL");
        }
    }

    private List<String> beside(String query) {
        return archived.ask(archived.folder().resolve("instance/s"), Integer.toString(port), "postgres", query);
    }

    private void restarted(String setting) throws Exception {
        archived.server().execute("postgres", setting);
        archived.server().pause();
        Path running = archived.data().resolve("postmaster.pid");
        Awaitility.await().atMost(PATIENCE).until(() -> !Files.exists(running));
        archived.server().resume();
        Awaitility.await()
                .atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IllegalStateException.class)
                .until(() -> !archived.server().query("postgres", "SELECT 1").isEmpty());
    }

    /**
     * Replay would make it in the same folder, and write over what the live server has there. It comes last: from now on the log makes a
     * tablespace, past which the sets of before cannot be proven.
     */
    @Test
    @Order(Integer.MAX_VALUE)
    void aTablespaceThatIsYoungerThanTheSetKeepsItsFiles() throws Exception {
        Path space = archived.folderOfServersUser("space");
        archived.server().execute("postgres", "CREATE TABLESPACE young LOCATION '" + space + "'");
        archived.server().execute("postgres", "CREATE TABLE kept TABLESPACE young AS SELECT 1 AS row", "CHECKPOINT");
        try {
            switchWal();
            archived.server().execute("postgres", "UPDATE kept SET row = 2", "CHECKPOINT");
            Recoveries recoveries = archived.recoveries();
            RecoveryPlan plan = recoveries.plan(RecoveryTarget.LATEST, Optional.of(first));

            assertThatThrownBy(() -> recoveries.beside(plan))
                    .isInstanceOfSatisfying(
                            BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.REFUSED))
                    .hasMessageContaining(space + " was created after set " + first);
            assertThat(archived.folder().resolve("instance")).isEmptyDirectory();
            assertThatThrownBy(() -> recoveries.inPlace(plan))
                    .hasMessageContaining(space + " was created after set " + first)
                    .hasMessageContaining("Move what is in it away first");
            Pitr pitr = archived.pitr();
            assertThatThrownBy(pitr::prove)
                    .isInstanceOfSatisfying(
                            BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNPROVEN))
                    .hasMessageContaining("A tablespace was created after the newest set was taken");
            pitr.take(PhysicalSet.Type.INCREMENTAL);
            assertThat(pitr.prove().problems()).isEmpty();
            restarted("SELECT 1");
            assertThat(archived.server().query("postgres", "SELECT row FROM kept"))
                    .containsExactly("2");
        } finally {
            archived.server().execute("postgres", "DROP TABLE kept");
            archived.server().execute("postgres", "DROP TABLESPACE young");
        }
    }
}
