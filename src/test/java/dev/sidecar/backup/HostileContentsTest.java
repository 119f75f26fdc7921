package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The owner of a database is hostile, and the database is restored to prove its backup. Each way to be run by a restore fires the same
 * attack in the scratch server, as its superuser: it runs a program that reads a planted secret, the environment of every process, the
 * socket of the live server and a port of the loopback, and writes what it got where anybody may write.
 */
class HostileContentsTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static final String SECRET = "the-secret-of-the-sidecar";

    @TempDir
    private Path folder;

    private String database;
    private Path loot;
    private Path secret;
    private ServerSocket listening;

    /** Ways in which a restore runs what a database holds. */
    enum Way {
        CHECK("CREATE TABLE innocent (v int CHECK (public.attack(v)))", "INSERT INTO innocent VALUES (1)"),
        INDEX_EXPRESSION(
                "CREATE TABLE innocent (v int)",
                "INSERT INTO innocent VALUES (1)",
                "CREATE INDEX ON innocent ((public.attack(v)))"),
        GENERATED_COLUMN(
                "CREATE TABLE innocent (v int, g bool GENERATED ALWAYS AS (public.attack(v)) STORED)",
                "INSERT INTO innocent VALUES (1)"),
        DOMAIN(
                "CREATE DOMAIN checked AS int CHECK (public.attack(VALUE))",
                "CREATE TABLE innocent (v checked)",
                "INSERT INTO innocent VALUES (1)"),
        PARTITION_EXPRESSION(
                "CREATE TABLE innocent (v int) PARTITION BY LIST (public.attack(v))",
                "CREATE TABLE innocent_t PARTITION OF innocent FOR VALUES IN (true)",
                "INSERT INTO innocent VALUES (1)"),
        MATERIALIZED_VIEW("CREATE MATERIALIZED VIEW innocent AS SELECT public.attack(1)"),
        TRIGGER_OF_AN_EVENT(
                "CREATE FUNCTION event() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN PERFORM public.attack(1); END$$",
                "CREATE EVENT TRIGGER fire ON ddl_command_end EXECUTE FUNCTION event()"),
        EXCLUSION(
                "CREATE TABLE innocent (v int, EXCLUDE USING btree ((public.attack(v)) WITH =))",
                "INSERT INTO innocent VALUES (1)");

        private final String[] statements;

        Way(String... statements) {
            this.statements = statements;
        }
    }

    @BeforeEach
    void plant() throws IOException {
        database = SERVER.createDatabase("hostile");
        loot = Files.createDirectory(folder.resolve("loot"));
        loot.toFile().setWritable(true, false);
        for (Path open = folder; open.getNameCount() > 1; open = open.getParent()) {
            open.toFile().setExecutable(true, false);
        }
        secret = Files.writeString(folder.resolve("secret"), SECRET);
        listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void remove() throws IOException {
        listening.close();
        SERVER.dropDatabase(database);
    }

    /** Only in the scratch server, so that making the database fires nothing. */
    private void plantAttack(Way way) {
        String program = """
                { cat %s; cat /proc/[0-9]*/environ; ls %s; (exec 3<>/dev/tcp/127.0.0.1/%d && echo a port of the loopback); \
                ls /proc/%d; } 2>/dev/null > %s/loot""".formatted(
                        secret,
                        SERVER.socketDirectory(),
                        listening.getLocalPort(),
                        ProcessHandle.current().pid(),
                        loot);
        List<String> statements = new ArrayList<>(List.of(
                """
                CREATE FUNCTION public.fire() RETURNS void LANGUAGE plpgsql AS $a$BEGIN
                  IF session_user = 'sidecar_scratch' THEN
                    BEGIN EXECUTE $b$COPY (SELECT 1) TO PROGRAM $c$bash -c '%s'$c$$b$; EXCEPTION WHEN OTHERS THEN NULL; END;
                    BEGIN EXECUTE $b$COPY (SELECT pg_read_file('%s')) TO '%s/read'$b$; EXCEPTION WHEN OTHERS THEN NULL; END;
                    BEGIN PERFORM lo_export(lo_from_bytea(0, 'lo'), '%s/exported'); EXCEPTION WHEN OTHERS THEN NULL; END;
                    BEGIN EXECUTE $b$CREATE FUNCTION pg_temp.run(cstring) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'$b$;
                    EXCEPTION WHEN OTHERS THEN NULL; END;
                  END IF;
                END$a$""".formatted(program, secret, loot, loot),
                "CREATE FUNCTION public.attack(v int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS"
                        + " $$BEGIN PERFORM public.fire(); RETURN true; END$$"));
        statements.addAll(List.of(way.statements));
        SERVER.execute(database, statements.toArray(String[]::new));
    }

    @ParameterizedTest
    @EnumSource
    void getNothing(Way way) throws Exception {
        getsNothing(way, "bubblewrap");
    }

    /** Root has this where there is no bubblewrap; it needs to be root. */
    @Test
    @EnabledIfSystemProperty(named = "user.name", matches = "root")
    void getNothingWithoutBubblewrapEither() throws Exception {
        getsNothing(Way.CHECK, "namespaces");
    }

    private void getsNothing(Way way, String sandbox) throws Exception {
        plantAttack(way);
        BackupFixture fixture = new BackupFixture(SERVER, folder).with("scratch.sandboxes", sandbox);
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());

        assertThat(looted()).isEmpty();
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
    }

    /** That the attacks are real: without the sandbox each reaches what it is after, but for event triggers, which are restored last. */
    @ParameterizedTest
    @EnumSource(value = Way.class, mode = EnumSource.Mode.EXCLUDE, names = "TRIGGER_OF_AN_EVENT")
    void getEverythingWithoutTheSandbox(Way way) throws Exception {
        plantAttack(way);
        BackupFixture fixture =
                new BackupFixture(SERVER, folder).with("scratch.sandboxes", "").with("scratch.contents-trusted", true);
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());

        assertThat(verification.reached()).as("%s", verification.problems()).isEqualTo(VerificationLevel.L4);
        assertThat(looted()).contains(SECRET, "a port of the loopback");
    }

    @Test
    void withoutASandboxNothingIsRestoredUnlessContentsAreTrusted() throws Exception {
        plantAttack(Way.CHECK);
        BackupFixture fixture = new BackupFixture(SERVER, folder).with("scratch.sandboxes", "");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());

        assertThat(looted()).isEmpty();
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L2);
        assertThat(verification.problems())
                .singleElement()
                .asString()
                .contains("bubblewrap", "sidecar.backup.scratch.contents-trusted");
    }

    private String looted() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(loot)) {
            for (Path file : files.toList()) {
                all.append(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
        }
        return all.toString();
    }
}
