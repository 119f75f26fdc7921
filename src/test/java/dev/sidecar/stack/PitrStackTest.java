package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.stack.ComposeStack.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Archiving, sets and recoveries in the stack's own containers, without what watches them. */
@Tag("docker")
@Tag("stack")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PitrStackTest {

    private static final String[] PARTS = {"postgres", "pitr-archive", "pitr-source", "pitr-beside"};

    @TempDir
    static Path given;

    private static ComposeStack stack;
    private static String moment = "";

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("pitr", given);
        stack.set("PITR", "1");
        stack.build();
        stack.up(java.util.List.of(PARTS));
    }

    @AfterAll
    static void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    private static String sql(String statement) {
        Result said = stack.exec("postgres", "psql", "-U", "postgres", "-d", "app", "-Atqc", statement);
        assertThat(said.exitCode()).as(said.all()).isZero();
        return said.out().strip();
    }

    private static Result pgBackRest(String... arguments) {
        String[] all = new String[arguments.length + 7];
        System.arraycopy(
                new String[] {"run", "--rm", "--no-deps", "--entrypoint", "pgbackrest", "sidecar", "--stanza=main"},
                0,
                all,
                0,
                7);
        System.arraycopy(arguments, 0, all, 7, arguments.length);
        return stack.compose(all);
    }

    @Test
    @Order(1)
    void aSetIsTakenByWhoHasNoFileOfTheDatabase() {
        for (String[] command : new String[][] {{"stanza-create"}, {"check"}, {"--type=full", "backup"}}) {
            Result done = pgBackRest(command);
            assertThat(done.exitCode()).as(done.all()).isZero();
        }
        assertThat(pgBackRest("info").out()).contains("status: ok", "cipher: aes-256-cbc", "full backup: ");
        assertThat(sql("SELECT failed_count FROM pg_stat_archiver WHERE archived_count > 0"))
                .isNotEmpty();
    }

    @Test
    @Order(2)
    void nobodyHasMoreThanItsPartNeeds() {
        assertThat(stack.exec("postgres", "sh", "-c", "cat /run/secrets/*/pitr/pgbackrest.conf")
                        .out())
                .contains("repo1-host=pitr-archive")
                .doesNotContain("cipher");
        assertThat(stack.exec("pitr-source", "sh", "-c", "touch /var/lib/postgresql/x")
                        .exitCode())
                .isNotZero();
        assertThat(stack.exec("pitr-source", "psql", "-U", "postgres", "-d", "postgres", "-w", "-c", "SELECT 1")
                        .exitCode())
                .as("it has no socket of the server and no password of the superuser")
                .isNotZero();
        assertThat(sql("SELECT rolsuper OR rolreplication OR rolcreaterole FROM pg_roles WHERE rolname = 'pitr'"))
                .isEqualTo("f");
        Result stranger = stack.exec(
                "pitr-source",
                "sh",
                "-c",
                "pgbackrest --stanza=main --pg1-path=/x --repo1-host=pitr-archive --repo1-host-type=tls"
                        + " --repo1-host-ca-file=/run/secrets/pitr-source/pitr/ca.crt"
                        + " --repo1-host-cert-file=/run/secrets/pitr-source/pitr/own.crt"
                        + " --repo1-host-key-file=/tmp/pitr.key repo-ls");
        assertThat(stranger.exitCode())
                .as("a certificate of another part: " + stranger.all())
                .isNotZero();
    }

    @Test
    @Order(3)
    void theInstanceBesideHasWhatWasWrittenBeforeTheMomentAndNothingAfterIt() {
        sql("CREATE TABLE ledger (n int)");
        sql("INSERT INTO ledger SELECT generate_series(1, 1000)");
        moment = sql("SELECT clock_timestamp()");
        sql("INSERT INTO ledger SELECT generate_series(1001, 2000)");
        String segment = sql("SELECT pg_walfile_name(pg_current_wal_lsn())");
        sql("SELECT pg_switch_wal()");
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        sql("SELECT last_archived_wal FROM pg_stat_archiver").compareTo(segment) >= 0);

        Result recovered = stack.exec("pitr-beside", "sidecar", "restore", "--to-time", moment);

        assertThat(recovered.exitCode()).as(recovered.all()).isZero();
        assertThat(stack.exec(
                                "pitr-beside",
                                "psql",
                                "-h",
                                "/var/lib/pitr-beside/s",
                                "-p",
                                "5433",
                                "-U",
                                "postgres",
                                "-d",
                                "app",
                                "-Atqc",
                                "SELECT count(*), max(n) FROM ledger")
                        .out()
                        .strip())
                .isEqualTo("1000|1000");
        assertThat(sql("SELECT count(*) FROM ledger")).as("the live one").isEqualTo("2000");
        Result removed = stack.exec("pitr-beside", "sidecar", "pitr", "remove");
        assertThat(removed.exitCode()).as(removed.all()).isZero();
    }

    @Test
    @Order(4)
    void theLiveOneIsRecoveredInPlaceAndArchivesAgain() throws IOException {
        stack.compose("stop", "postgres", "pitr-source");

        Result recovered = stack.compose(
                "run",
                "--rm",
                "--no-deps",
                "pitr-restore",
                "restore",
                "--to-time",
                moment,
                "--in-place",
                "--confirm",
                "main");
        assertThat(recovered.exitCode()).as(recovered.all()).isZero();
        stack.up(java.util.List.of(PARTS));

        await().atMost(Duration.ofSeconds(60))
                .until(() -> sql("SELECT pg_is_in_recovery()").equals("f"));
        assertThat(sql("SELECT count(*), max(n) FROM ledger")).isEqualTo("1000|1000");
        sql("SELECT pg_switch_wal()");
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        sql("SELECT last_archived_wal FROM pg_stat_archiver").startsWith("00000002"));
    }
}
