package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application's role owns its database and is hostile: whatever it makes or sets there, none of it runs with the rights of the role
 * that takes backups. Each trap raises an exception when somebody else runs it, so that a backup that succeeds has met none.
 */
class HijackTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static final String MALLORY = "mallory";
    private static final String TRAP = """
            LANGUAGE plpgsql AS $trap$BEGIN
              IF session_user <> '%s' THEN RAISE EXCEPTION 'trapped'; END IF;
              RETURN NULL;
            END$trap$""".formatted(MALLORY);

    @TempDir
    private Path folder;

    private String database;
    private BackupFixture fixture;

    @BeforeEach
    void giveMalloryADatabase() {
        database = SERVER.createDatabase("hijack");
        SERVER.execute(
                "postgres",
                "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mallory') THEN"
                        + " CREATE ROLE mallory LOGIN; END IF; END$$",
                "ALTER DATABASE \"" + database + "\" OWNER TO mallory");
        asMallory(
                "CREATE TABLE goods (id int PRIMARY KEY, name text, sold timestamptz, price money)",
                "INSERT INTO goods SELECT i, 'g' || i, now(), i::money FROM generate_series(1, 500) i",
                "CREATE SEQUENCE numbers");
        fixture = new BackupFixture(SERVER, folder).with("server.databases", database);
    }

    @AfterEach
    void dropDatabase() {
        SERVER.dropDatabase(database);
    }

    @Test
    void functionsThatSuitOurQueriesBetterThanPostgresOwn() {
        asMallory(
                "CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN"
                        + " IF session_user <> 'mallory' THEN RAISE EXCEPTION 'trapped'; END IF; END$$",
                "CREATE FUNCTION public.format(text, name) RETURNS text " + TRAP,
                "CREATE FUNCTION public.format(text, text, text) RETURNS text " + TRAP,
                "CREATE FUNCTION public.coalesce(name, text) RETURNS text " + TRAP,
                "CREATE FUNCTION public.pg_get_userbyid(bigint) RETURNS name " + TRAP,
                "CREATE FUNCTION public.pg_relation_size(oid) RETURNS bigint " + TRAP,
                "CREATE FUNCTION public.pg_try_advisory_lock(int, int) RETURNS bool " + TRAP,
                "CREATE FUNCTION public.pg_export_snapshot() RETURNS text " + TRAP,
                "CREATE FUNCTION public.current_database() RETURNS name " + TRAP,
                "CREATE FUNCTION public.hashtextextended(text, int) RETURNS bigint " + TRAP,
                "CREATE FUNCTION public.set_config(text, text, bool) RETURNS text " + TRAP);
        searchPathIs("public, pg_catalog");

        takenAsIfNothingWere();
    }

    @Test
    void operatorsThatSuitOurQueriesBetterThanPostgresOwn() {
        List<String> statements = new ArrayList<>();
        String[][] operators = {
            {"=", "oid", "regclass"},
            {"=", "oid", "int4"},
            {"=", "name", "text"},
            {"=", "\"char\"", "text"},
            {"<>", "oid", "int4"},
            {"<>", "name", "text"},
            {"!~", "name", "text"},
            {"||", "text", "text"}
        };
        for (int i = 0; i < operators.length; i++) {
            String left = operators[i][1];
            String right = operators[i][2];
            String result = operators[i][0].equals("||") ? "text" : "bool";
            statements.add(
                    "CREATE FUNCTION public.trap%d(%s, %s) RETURNS %s %s".formatted(i, left, right, result, TRAP));
            statements.add("CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap%d)"
                    .formatted(operators[i][0], left, right, i));
        }
        asMallory(statements.toArray(String[]::new));
        searchPathIs("public, pg_catalog");

        takenAsIfNothingWere();
    }

    @Test
    void viewsInThePlaceOfCatalogues() {
        List<String> statements = new ArrayList<>();
        statements.add("CREATE FUNCTION public.fired() RETURNS bool " + TRAP);
        for (String catalogue : List.of(
                "pg_class",
                "pg_namespace",
                "pg_database",
                "pg_roles",
                "pg_extension",
                "pg_settings",
                "pg_db_role_setting",
                "pg_stat_activity")) {
            statements.add("CREATE VIEW public.%1$s AS SELECT * FROM pg_catalog.%1$s WHERE public.fired()"
                    .formatted(catalogue));
        }
        asMallory(statements.toArray(String[]::new));
        searchPathIs("public, pg_catalog");

        takenAsIfNothingWere();
    }

    /** The planner evaluates such calls for every query of the table, with the rights of whoever asks. */
    @Test
    void functionsInIndexesAndConstraintsThatThePlannerRuns() {
        asMallory(
                "CREATE FUNCTION public.constant(int) RETURNS int IMMUTABLE " + TRAP.replace("RETURN NULL", "RETURN 1"),
                "CREATE INDEX ON goods ((id + public.constant(1)))",
                "CREATE INDEX ON goods (id) WHERE id > public.constant(2)",
                "CREATE STATISTICS planned ON (id + public.constant(3)), name FROM goods",
                "ALTER TABLE goods ADD CHECK (id > 0 OR public.constant(4) = 1)");

        takenAsIfNothingWere();
        fixture.with("dump.digests", true);
        takenAsIfNothingWere();
    }

    @Test
    void tablesOfEveryShapeAreCounted() {
        asMallory(
                "CREATE TABLE nothing ()",
                "INSERT INTO nothing SELECT FROM generate_series(1, 7)",
                "CREATE TABLE \"odd \"\"name\" (\"a b\" text, \"c\"\"d\" text)",
                "INSERT INTO \"odd \"\"name\" SELECT E'line\\nbreak', NULL FROM generate_series(1, 8)",
                "CREATE TABLE parent (i int)",
                "CREATE TABLE child () INHERITS (parent)",
                "INSERT INTO parent VALUES (1)",
                "INSERT INTO child SELECT generate_series(1, 9)",
                "CREATE TABLE made (j int GENERATED ALWAYS AS (42) STORED)",
                "INSERT INTO made DEFAULT VALUES",
                "INSERT INTO made DEFAULT VALUES");

        assertThat(takenAsIfNothingWere().manifest().contents().tables())
                .extracting(table -> table.name() + " " + table.rows())
                .contains("nothing 7", "odd \"name 8", "parent 1", "child 9", "made 2");
    }

    @Test
    void aCastToTextOfARowThatIsDigested() {
        asMallory(
                "CREATE FUNCTION public.as_text(goods) RETURNS text " + TRAP,
                "CREATE CAST (goods AS text) WITH FUNCTION public.as_text(goods) AS IMPLICIT",
                "CREATE TABLE named (sidecar_row goods, x int)",
                "INSERT INTO named SELECT g, 1 FROM goods g");
        fixture.with("dump.digests", true);

        Backup backup = takenAsIfNothingWere();

        assertThat(backup.manifest().contents().tables()).allMatch(table -> table.digest() != null);
    }

    @Test
    void settingsThatEndOrBendASession() {
        SERVER.execute("postgres", "ALTER ROLE ALL IN DATABASE \"" + database + "\" SET lock_timeout = '1ms'");
        for (String setting : List.of(
                "statement_timeout = '1ms'",
                "idle_in_transaction_session_timeout = '1ms'",
                "default_transaction_isolation = 'serializable'",
                "default_transaction_read_only = on",
                "DateStyle = 'SQL, DMY'",
                "IntervalStyle = 'sql_standard'",
                "TimeZone = 'Asia/Kathmandu'",
                "bytea_output = 'escape'",
                "extra_float_digits = -10",
                "row_security = on",
                "role = 'mallory'")) {
            SERVER.execute("postgres", "ALTER DATABASE \"" + database + "\" SET " + setting);
        }
        fixture.with("dump.digests", true);

        Backup backup = takenAsIfNothingWere();

        Backups backups = fixture.backups();
        assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                        .problems())
                .isEmpty();
    }

    /** The view's function would run as the backup's role; COPY TO PROGRAM is allowed even to a transaction that is read-only. */
    @Test
    void aTableThatComesBackAsAViewWhileItsLockIsWaitedFor() throws Exception {
        Path proof = Path.of("/tmp", "hijacked-" + database);
        asMallory(
                "CREATE TABLE swapped (id int)",
                "CREATE FUNCTION public.fired() RETURNS int LANGUAGE plpgsql AS $$BEGIN"
                        + " IF session_user <> 'mallory' THEN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch "
                        + proof + "'''; END IF; RETURN 1; END$$");
        try (Connection mallory = SERVER.connect(database);
                Statement statement = mallory.createStatement()) {
            mallory.setAutoCommit(false);
            statement.execute("SET LOCAL ROLE mallory");
            statement.execute("DROP TABLE swapped");
            statement.execute("CREATE VIEW swapped AS SELECT public.fired() AS id");
            CompletableFuture<BackupFailure> taken = CompletableFuture.supplyAsync(
                    () -> catchThrowableOfType(BackupFailure.class, () -> fixture.take(database)));
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> SERVER.query(
                                            database,
                                            "SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database"
                                                    + " WHERE datname = current_database())")
                                    .size()
                            == 1);
            mallory.commit();

            assertThat(taken.get(1, TimeUnit.MINUTES)).isNotNull().hasMessageContaining("swapped");
        }
        assertThat(proof).doesNotExist();
        assertThat(fixture.stored()).isEmpty();
        Files.deleteIfExists(proof);
    }

    private Backup takenAsIfNothingWere() {
        Backups backups = fixture.backups();
        Backup backup = backups.take(fixture.request(database), backups.progress());
        assertThat(backups.databases()).containsExactly(database);
        assertThat(backups.plan(RestoreRequest.intoNew(backup.id(), database + "_new"))
                        .obstacles())
                .isEmpty();
        assertThat(backup.manifest().contents().tables())
                .filteredOn(table -> table.name().equals("goods"))
                .singleElement()
                .satisfies(table -> assertThat(table.rows()).isEqualTo(500));
        assertThat(SERVER.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'"))
                .containsExactly("f");
        return backup;
    }

    private void searchPathIs(String path) {
        SERVER.execute("postgres", "ALTER DATABASE \"" + database + "\" SET search_path = " + path);
    }

    private void asMallory(String... statements) {
        List<String> all = new ArrayList<>(List.of("SET SESSION AUTHORIZATION mallory"));
        all.addAll(List.of(statements));
        SERVER.execute(database, all.toArray(String[]::new));
    }
}
