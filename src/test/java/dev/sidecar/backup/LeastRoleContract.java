package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups by a role that has what postgres/backup-role.sql grants, and is no superuser. */
abstract class LeastRoleContract {

    private static final Path SCRIPT = Path.of("postgres/backup-role.sql");

    private final PostgresServer server;

    @TempDir
    private Path folder;

    private String database;
    private BackupFixture fixture;

    LeastRoleContract(PostgresServer server) {
        this.server = server;
    }

    /** Settings that the server's programs need. */
    BackupFixture prepared(BackupFixture fixture) {
        return fixture;
    }

    @BeforeEach
    void database() {
        database = server.createDatabase("least");
        server.execute(
                "postgres",
                "CREATE ROLE saver LOGIN PASSWORD 'saves'",
                "CREATE ROLE tenant LOGIN PASSWORD 'rents'",
                "ALTER DATABASE \"%s\" OWNER TO tenant".formatted(database),
                "REVOKE CONNECT ON DATABASE \"%s\" FROM PUBLIC".formatted(database));
        server.execute(
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
        fixture = prepared(new BackupFixture(server, folder))
                .with("server.user", "saver")
                .with("server.password", "saves")
                .with("server.databases", database)
                .with("restore.user", server.user())
                .with("restore.password", server.password());
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database + "_copy");
        server.dropDatabase(database);
        server.execute("postgres", "DROP OWNED BY saver", "DROP ROLE saver", "DROP ROLE tenant");
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
        assertThat(server.query(database + "_copy", "SELECT encode(lo_get(oid), 'hex') FROM pg_largeobject_metadata"))
                .containsExactly("deadbeef");
        assertThat(server.query(
                        database + "_copy",
                        "SELECT relowner::regrole FROM pg_class WHERE relname = 'own'"
                                + " UNION ALL SELECT lomowner::regrole FROM pg_largeobject_metadata"))
                .containsExactly("tenant", "tenant");
        assertThat(server.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'saver'"))
                .containsExactly("f");
    }

    @Test
    void whatPgDumpWouldLeaveOutWithoutAWordFailsTheBackup() throws Exception {
        grant();
        server.execute(
                database,
                "CREATE FOREIGN DATA WRAPPER nothing",
                "CREATE server far FOREIGN DATA WRAPPER nothing",
                "CREATE USER MAPPING FOR tenant server far OPTIONS (password 'x')",
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
            server.execute(database, "ALTER SUBSCRIPTION near SET (slot_name = NONE)", "DROP SUBSCRIPTION near");
        }
    }

    @Test
    void whatIsNotGrantedIsNamedWithHowToGrantIt() throws Exception {
        grant();
        server.execute("postgres", "ALTER ROLE saver RESET lo_compat_privileges");
        assertThatThrownBy(() -> fixture.take(database))
                .hasMessageContaining("ALTER ROLE saver SET lo_compat_privileges = on");
        server.execute("postgres", "ALTER ROLE saver SET lo_compat_privileges = on", "ALTER ROLE saver NOBYPASSRLS");
        refused("closed.own", "ALTER ROLE saver BYPASSRLS");
        server.execute("postgres", "ALTER ROLE saver BYPASSRLS", "REVOKE pg_read_all_data FROM saver");
        refused(
                "closed.letter",
                "closed.own_i_seq",
                "the password hashes of roles",
                "GRANT USAGE ON SCHEMA closed TO saver",
                "GRANT SELECT ON pg_catalog.pg_authid TO saver",
                "backup-role.sql");
        server.execute("postgres", "GRANT SELECT ON pg_authid TO saver");
        server.execute(database, "GRANT USAGE ON SCHEMA closed TO saver");
        refused("GRANT SELECT ON closed.letter TO saver", "GRANT SELECT ON SEQUENCE closed.own_i_seq TO saver");
        server.execute(
                database,
                "GRANT SELECT ON ALL TABLES IN SCHEMA closed TO saver",
                "GRANT SELECT ON ALL SEQUENCES IN SCHEMA closed TO saver",
                "CREATE TABLE closed.part (i int) PARTITION BY LIST (i)");
        refused("GRANT SELECT ON closed.part TO saver");
        server.execute(database, "DROP TABLE closed.part", "REVOKE EXECUTE ON FUNCTION pg_export_snapshot FROM PUBLIC");
        refused("pg_export_snapshot", "backup-role.sql");
        server.script(database, SCRIPT, "role=saver");
        server.execute("postgres", "REVOKE pg_read_all_data FROM saver");
        server.execute(database, "REVOKE CONNECT ON DATABASE \"%s\" FROM saver".formatted(database));
        refused("GRANT CONNECT ON DATABASE %s TO saver".formatted(database));
        server.execute(database, "GRANT CONNECT ON DATABASE \"%s\" TO saver".formatted(database));
        assertThat(fixture.stored()).isEmpty();

        // One by one, as it was told.
        fixture.take(database);
        assertThat(fixture.stored()).isNotEmpty();
    }

    private void refused(String... said) {
        assertThatThrownBy(() -> fixture.take(database))
                .isInstanceOfSatisfying(
                        BackupFailure.class,
                        e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(Reason.PERMISSION))
                .hasMessageContainingAll(said);
    }

    /** Whoever holds the role's password, or got into one of its sessions, could try these. */
    @Test
    void theRoleCannotBecomeMoreThanItIs() throws Exception {
        grant();
        Path planted = Files.writeString(folder.resolve("planted"), "x");
        for (String attempt : List.of(
                "ALTER ROLE saver SUPERUSER",
                "ALTER ROLE saver CREATEROLE",
                "ALTER ROLE saver SET session_preload_libraries = 'x'",
                "ALTER ROLE tenant PASSWORD 'known'",
                "CREATE ROLE another SUPERUSER",
                "GRANT postgres TO saver",
                "GRANT tenant TO saver",
                "GRANT pg_execute_server_program TO saver",
                "SET ROLE postgres",
                "SET SESSION AUTHORIZATION postgres",
                "UPDATE pg_authid SET rolsuper = true WHERE rolname = 'saver'",
                "UPDATE pg_largeobject SET data = ''",
                "INSERT INTO pg_auth_members SELECT * FROM pg_auth_members",
                "COPY (SELECT 1) TO PROGRAM 'id'",
                "COPY (SELECT 1) TO '%s'".formatted(planted),
                "COPY closed.letter FROM PROGRAM 'echo 1'",
                "SELECT pg_read_file('%s')".formatted(planted),
                "SELECT lo_import('%s')".formatted(planted),
                "SELECT lo_export(oid, '%s') FROM pg_largeobject_metadata".formatted(planted),
                "ALTER SYSTEM SET archive_command = 'id'",
                "SELECT pg_reload_conf()",
                "LOAD '/tmp/x.so'",
                "CREATE FUNCTION pg_temp.x() RETURNS int LANGUAGE c AS '/tmp/x.so', 'x'",
                "CREATE DATABASE another",
                "CREATE SCHEMA another",
                "INSERT INTO closed.letter VALUES (1)",
                "DROP TABLE closed.letter",
                "ALTER DATABASE \"%s\" OWNER TO saver".formatted(database),
                "SELECT pg_create_physical_replication_slot('x')",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'")) {
            try (Connection session = DriverManager.getConnection(server.jdbcUrl(database), "saver", "saves");
                    Statement statement = session.createStatement();
                    Connection other = server.connect(database)) {
                assertThatThrownBy(() -> statement.execute(attempt))
                        .as(attempt)
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState())
                                        .as(attempt + ": " + e.getMessage())
                                        .isIn("42501", "58P01"));
                assertThat(other.isValid(1)).isTrue();
            }
        }
        assertThat(server.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname IN ('saver', 'tenant')"))
                .containsExactly("f", "f");
    }

    /** A superuser runs the script, and the database in which it runs may belong to somebody who waits for that. */
    @Test
    void theScriptIsDeafToTheDatabaseInWhichItRuns() {
        String take = "IF current_setting('is_superuser') = 'on' THEN EXECUTE 'ALTER ROLE tenant SUPERUSER'; END IF;";
        server.execute(
                database,
                "GRANT ALL ON SCHEMA public TO tenant",
                "SET SESSION AUTHORIZATION tenant",
                "CREATE FUNCTION public.format(text, name, text) RETURNS text LANGUAGE plpgsql AS $$BEGIN " + take
                        + " RETURN pg_catalog.format($1, $2, $3); END$$",
                "CREATE FUNCTION public.format(text, regprocedure, text) RETURNS text LANGUAGE plpgsql AS $$BEGIN "
                        + take + " RETURN pg_catalog.format($1, $2, $3); END$$",
                "CREATE FUNCTION public.has_database_privilege(text, name, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN "
                        + take + " RETURN false; END$$",
                "ALTER DATABASE \"%s\" SET search_path = public, pg_catalog".formatted(database));

        server.script(database, SCRIPT, "role=saver");

        assertThat(server.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'tenant'"))
                .containsExactly("f");
        fixture.take(database);
    }

    /** As after an upgrade of the sidecar on a server that has not got the new roles yet. */
    @Test
    void aSuperuserThatTakesBackupsRestoresAsBeforeWhereTheRoleOfRestoresIsMissing() {
        server.execute("postgres", "ALTER ROLE saver SUPERUSER");
        fixture.with("restore.user", "nobody yet");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");

        RestorePlan plan = backups.plan(request);
        assertThat(plan.obstacles()).isEmpty();
        assertThat(plan.warnings()).anyMatch(warning -> warning.contains("no role \"nobody yet\", so saver restores"));
        assertThat(backups.restore(request, backups.progress()).rows()).isEqualTo(32);
    }

    @Test
    void aRoleThatIsNoSuperuserDoesNotRestoreInItsPlace() throws Exception {
        grant();
        Backup backup = fixture.take(database);

        fixture.with("restore.user", "nobody yet");
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");
        assertThat(fixture.backups().plan(request).obstacles())
                .anyMatch(obstacle -> obstacle.contains("as user 'nobody yet'"));
        fixture.with("restore.user", "");
        assertThat(fixture.backups().plan(request).obstacles())
                .anyMatch(obstacle -> obstacle.contains("Set sidecar.backup.restore.user to an administrator"));
    }

    /** A backup from before the role was made does not let it into the restored database. */
    @Test
    void aRestoredDatabaseThatItMayNotEnterIsToldWithTheGrant() throws Exception {
        Backup before = prepared(new BackupFixture(server, folder)).take(database);
        grant();
        Backups backups = fixture.backups();

        assertThat(backups.restore(RestoreRequest.intoNew(before.id(), database + "_copy"), backups.progress())
                        .notes())
                .anyMatch(note -> note.contains("GRANT CONNECT ON DATABASE %s TO saver".formatted(database + "_copy")));
    }

    private void grant() {
        server.script("postgres", SCRIPT, "role=saver");
    }
}
