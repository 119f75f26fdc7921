package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups by a role that has what postgres/backup-role.sql grants, and is no superuser. */
class LeastRoleTest {

    private static final PostgresServer SERVER = PostgresServer.shared();

    @TempDir
    private Path folder;

    private String database;
    private BackupFixture fixture;

    @BeforeEach
    void database() {
        database = SERVER.createDatabase("least");
        SERVER.execute(
                "postgres",
                "CREATE ROLE saver LOGIN PASSWORD 'saves'",
                "CREATE ROLE tenant LOGIN PASSWORD 'rents'",
                "ALTER DATABASE \"%s\" OWNER TO tenant".formatted(database),
                "REVOKE CONNECT ON DATABASE \"%s\" FROM PUBLIC".formatted(database));
        SERVER.execute(
                database,
                "SET SESSION AUTHORIZATION tenant",
                "CREATE SCHEMA closed",
                "CREATE TABLE closed.letter (i int)",
                "INSERT INTO closed.letter SELECT generate_series(1, 30)",
                "CREATE TABLE closed.own (i serial, who text)",
                "INSERT INTO closed.own (who) VALUES ('a'), ('b')",
                "ALTER TABLE closed.own ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE closed.own FORCE ROW LEVEL SECURITY",
                "CREATE POLICY half ON closed.own USING (who = 'a')",
                "SELECT lo_from_bytea(0, '\\xdeadbeef')");
        fixture = new BackupFixture(SERVER, folder)
                .with("server.user", "saver")
                .with("server.password", "saves")
                .with("server.databases", database)
                .with("restore.user", SERVER.user())
                .with("restore.password", SERVER.password());
    }

    @AfterEach
    void drop() {
        SERVER.dropDatabase(database + "_copy");
        SERVER.dropDatabase(database);
        SERVER.execute("postgres", "DROP OWNED BY saver", "DROP ROLE saver", "DROP ROLE tenant");
    }

    @Test
    void takesEverythingAndTheBackupIsProvenAndRestored() throws Exception {
        grant();
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        assertThat(backup.manifest().contents().rows()).isEqualTo(32);
        assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                        .problems())
                .isEmpty();
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");
        assertThat(backups.plan(request).privileged()).isEmpty();
        assertThat(backups.restore(request, backups.progress()).notes()).isEmpty();
        assertThat(SERVER.query(database + "_copy", "SELECT encode(lo_get(oid), 'hex') FROM pg_largeobject_metadata"))
                .containsExactly("deadbeef");
        assertThat(SERVER.query(
                        database + "_copy",
                        "SELECT relowner::regrole FROM pg_class WHERE relname = 'own'"
                                + " UNION ALL SELECT lomowner::regrole FROM pg_largeobject_metadata"))
                .containsExactly("tenant", "tenant");
        assertThat(SERVER.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'saver'"))
                .containsExactly("f");
    }

    @Test
    void whatPgDumpWouldLeaveOutWithoutAWordFailsTheBackup() throws Exception {
        grant();
        SERVER.execute(
                database,
                "CREATE FOREIGN DATA WRAPPER nothing",
                "CREATE SERVER far FOREIGN DATA WRAPPER nothing",
                "CREATE USER MAPPING FOR tenant SERVER far OPTIONS (password 'x')",
                "CREATE SUBSCRIPTION near CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)");
        try {
            assertThatThrownBy(() -> fixture.take(database))
                    .isInstanceOfSatisfying(
                            BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.PERMISSION))
                    .hasMessageContaining("subscription near")
                    .hasMessageContaining("user mapping of tenant for server far");
            assertThat(fixture.stored()).isEmpty();

            fixture.with("dump.leave-out-hidden", true).take(database);
            assertThat(fixture.stored()).isNotEmpty();
        } finally {
            SERVER.execute(database, "ALTER SUBSCRIPTION near SET (slot_name = NONE)", "DROP SUBSCRIPTION near");
        }
    }

    @Test
    void whatIsNotGrantedIsNamedWithHowToGrantIt() throws Exception {
        grant();
        SERVER.execute("postgres", "ALTER ROLE saver RESET lo_compat_privileges");
        assertThatThrownBy(() -> fixture.take(database))
                .hasMessageContaining("ALTER ROLE saver SET lo_compat_privileges = on");
        SERVER.execute("postgres", "ALTER ROLE saver SET lo_compat_privileges = on", "ALTER ROLE saver NOBYPASSRLS");
        assertThatThrownBy(() -> fixture.take(database)).hasMessageContaining("own");
        SERVER.execute("postgres", "ALTER ROLE saver BYPASSRLS", "REVOKE pg_read_all_data FROM saver");
        assertThatThrownBy(() -> fixture.take(database))
                .hasMessageContaining("closed.letter")
                .hasMessageContaining("backup-role.sql");
        assertThat(fixture.stored()).isEmpty();
    }

    private void grant() throws IOException, InterruptedException {
        ProcessBuilder psql = new ProcessBuilder(List.of(
                SERVER.programs().resolve("psql").toString(),
                "--no-psqlrc",
                "--quiet",
                "--set=role=saver",
                "--host=" + SERVER.host(),
                "--port=" + SERVER.port(),
                "--username=" + SERVER.user(),
                "--dbname=" + database,
                "--file=" + Path.of("postgres/backup-role.sql").toAbsolutePath()));
        psql.environment().put("PGPASSWORD", SERVER.password());
        Process process = psql.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
