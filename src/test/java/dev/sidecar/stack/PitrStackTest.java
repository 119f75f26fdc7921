package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.stack.ComposeStack.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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

    private static final Map<String, String> WORDS =
            Map.of("full", "full", "diff", "differential", "incr", "incremental");
    private static final String[] PARTS = {"postgres", "pitr-archive", "pitr-source", "pitr-beside"};

    @TempDir
    static Path given;

    private static ComposeStack stack;
    private static String moment = "";
    private static int before;

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxr-xr-x"));
        stack = new ComposeStack("pitr", given);
        stack.set("PITR", "1");
        stack.build();
        stack.up(List.of(PARTS));
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

    /** Nothing can be archived before the stanza is made. PostgreSQL must not take the end of pgBackRest's process for a crash. */
    @Test
    @Order(0)
    void aFailedPushEndsNoConnection() {
        String failed = "SELECT failed_count FROM pg_stat_archiver";
        CompletableFuture<Result> open = CompletableFuture.supplyAsync(
                () -> stack.exec("postgres", "psql", "-U", "postgres", "-d", "app", "-Atqc", "SELECT pg_sleep(20)"));
        sql("CREATE TABLE written (n int)");
        sql("SELECT pg_switch_wal()");

        await().atMost(Duration.ofMinutes(1)).until(() -> Integer.parseInt(sql(failed)) >= 3);

        assertThat(open.join().exitCode()).as(open.join().all()).isZero();
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

    /** A moment that the writer noted: later than the commit of its row, and before the next row. */
    private record Noted(int rows, String at, String setType) {}

    @Test
    @Order(3)
    void threeRandomMomentsUnderLoadEachHaveExactlyTheRowsCommittedByThen() throws Exception {
        sql("CREATE TABLE ledger (n int); CREATE TABLE noted (n int, at timestamptz)");
        sql("""
                CREATE PROCEDURE write_until_told() LANGUAGE plpgsql AS $$ BEGIN
                  FOR i IN 1 .. 1000000 LOOP
                    INSERT INTO ledger VALUES (i);
                    COMMIT;
                    INSERT INTO noted VALUES (i, clock_timestamp());
                    PERFORM pg_sleep(0.002);
                    COMMIT;
                    EXIT WHEN to_regclass('public.told') IS NOT NULL;
                  END LOOP; END $$""");
        assertThat(stack.exec("postgres", "pgbench", "-U", "postgres", "-q", "-i", "-s", "1", "app")
                        .exitCode())
                .isZero();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Noted> moments = new ArrayList<>();
        ExecutorService background = Executors.newFixedThreadPool(2);
        try {
            background.submit(() -> sql("CALL write_until_told()"));
            background.submit(
                    () -> stack.exec("postgres", "pgbench", "-U", "postgres", "-n", "-R", "50", "-T", "900", "app"));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !sql("SELECT max(n) FROM noted").isEmpty());
            for (String type : List.of("full", "diff", "incr")) {
                Result taken = pgBackRest("--type=" + type, "backup");
                assertThat(taken.exitCode()).as(taken.all()).isZero();
                // pgBackRest notes when a set was complete in whole seconds.
                String from = sql("SELECT clock_timestamp() + interval '2 s'");
                String later = "FROM noted WHERE at > '%s'".formatted(from);
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> Integer.parseInt(sql("SELECT count(*) " + later)) >= 50);
                String[] noted = sql("SELECT n, at %s ORDER BY n OFFSET %d LIMIT 1"
                                .formatted(later, random.nextInt(50)))
                        .split("\\|");
                moments.add(new Noted(Integer.parseInt(noted[0]), noted[1], type));
            }
            sql("CREATE TABLE told ()");
        } finally {
            sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'");
            background.shutdown();
        }
        assertThat(background.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        moment = moments.get(0).at();
        before = moments.get(0).rows();
        String segment = sql("SELECT pg_walfile_name(pg_current_wal_lsn())");
        sql("SELECT pg_switch_wal()");
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        sql("SELECT last_archived_wal FROM pg_stat_archiver").compareTo(segment) >= 0);
        String live = sql("SELECT count(*) FROM ledger");

        for (Noted noted : moments) {
            Result recovered = stack.exec("pitr-beside", "sidecar", "restore", "--to-time", noted.at());

            assertThat(recovered.exitCode()).as(recovered.all()).isZero();
            assertThat(recovered.err()).contains("(" + WORDS.get(noted.setType()) + ")");
            assertThat(beside("SELECT count(*), max(n) FROM ledger"))
                    .as("%s, seed %d", noted, seed)
                    .isEqualTo(noted.rows() + "|" + noted.rows());
            Result removed = stack.exec("pitr-beside", "sidecar", "pitr", "remove");
            assertThat(removed.exitCode()).as(removed.all()).isZero();
        }
        assertThat(sql("SELECT count(*) FROM ledger")).as("the live one").isEqualTo(live);
    }

    private static String beside(String query) {
        return stack.exec(
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
                        query)
                .out()
                .strip();
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
        stack.up(List.of(PARTS));

        await().atMost(Duration.ofSeconds(60))
                .until(() -> sql("SELECT pg_is_in_recovery()").equals("f"));
        assertThat(sql("SELECT count(*), max(n) FROM ledger")).isEqualTo(before + "|" + before);
        sql("SELECT pg_switch_wal()");
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        sql("SELECT last_archived_wal FROM pg_stat_archiver").startsWith("00000002"));
    }
}
