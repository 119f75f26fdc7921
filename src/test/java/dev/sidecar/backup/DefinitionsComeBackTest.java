package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.backup.Verification.Conclusion;
import dev.sidecar.postgres.Child;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A restored database is the whole database: not only its rows. */
class DefinitionsComeBackTest {

    private static PostgresServer server;

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;
    private String again;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.start("wal_level=logical");
        for (String name : List.of("zoo", "odd", "expressions")) {
            server.execute("postgres", "CREATE DATABASE " + name);
            run(name);
        }
    }

    private static void run(String name) throws Exception {
        URL script = Objects.requireNonNull(
                DefinitionsComeBackTest.class.getResource("/dev/sidecar/definitions/" + name + ".sql"));
        Child.run(
                List.of(
                        server.programs().resolve("psql").toString(),
                        "-Xqv",
                        "ON_ERROR_STOP=1",
                        "--output=/dev/null",
                        "--file=" + Path.of(script.toURI()),
                        "postgresql://%s:%s@%s:%d/%s?client_encoding=UTF8"
                                .formatted(server.user(), server.password(), server.host(), server.port(), name)),
                Reason.RESTORE);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void database() {
        fixture = new BackupFixture(server, folder);
        database = server.createDatabase("whole");
        again = database + "_again";
    }

    @AfterEach
    void drop() {
        for (String name : List.of(database, again)) {
            if (!server.query("postgres", "SELECT 1 FROM pg_database WHERE datname = '" + name + "'")
                    .isEmpty()) {
                server.execute("postgres", "ALTER DATABASE " + name + " WITH IS_TEMPLATE false CONNECTION LIMIT -1");
                server.dropDatabase(name);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zoo", "odd", "expressions"})
    void oneThingOfEveryKind(String name) {
        Backup backup = proven(name);
        assertThat(restored(backup).differences()).isEmpty();
    }

    @Test
    void everythingThatAnArchiveOfADatabaseLeavesOut() {
        server.execute(
                "postgres",
                "ALTER DATABASE %s SET search_path = app, public".formatted(database),
                "ALTER DATABASE %s SET session_preload_libraries = 'auto_explain', \"$libdir/auto_explain\""
                        .formatted(database),
                "ALTER DATABASE %s SET temp_tablespaces = ''".formatted(database),
                "ALTER DATABASE %s SET \"app.note\" = 'it''s :database, \\ \"x\"'".formatted(database),
                "ALTER DATABASE %s SET DateStyle = 'German, DMY'".formatted(database),
                "ALTER ROLE reader IN DATABASE %s SET search_path = \"Odd, name\", '$user'".formatted(database),
                "ALTER ROLE reader IN DATABASE %s SET work_mem = '7MB'".formatted(database),
                "COMMENT ON DATABASE %s IS 'of :database, it''s'".formatted(database),
                "ALTER DATABASE %s OWNER TO app".formatted(database),
                "REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC".formatted(database),
                "REVOKE CREATE ON DATABASE %s FROM app".formatted(database),
                "GRANT CONNECT ON DATABASE %s TO reader WITH GRANT OPTION".formatted(database),
                "GRANT CREATE ON DATABASE %s TO reader".formatted(database),
                "SET ROLE reader; GRANT CONNECT ON DATABASE %s TO writer; RESET ROLE".formatted(database),
                "ALTER DATABASE %s WITH CONNECTION LIMIT 7 IS_TEMPLATE true".formatted(database));
        Backup backup = proven(database);
        assertThat(restored(backup).differences()).isEmpty();
        assertThat(server.query("postgres", of(again))).isEqualTo(server.query("postgres", of(database)));
        assertThat(server.query(
                        "postgres",
                        "SELECT setconfig[1] FROM pg_db_role_setting r JOIN pg_database d ON d.oid = r.setdatabase"
                                + " WHERE setrole = 0 AND datname = '" + again + "'"))
                .containsExactly("search_path=app, public");
    }

    private static String of(String name) {
        return "SELECT datconnlimit || ' ' || datistemplate || ' ' || pg_get_userbyid(datdba) || ' ' || (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(datacl) a) || ' '"
                + " || shobj_description(d.oid, 'pg_database') || ' '"
                + " || (SELECT string_agg(setrole || setconfig::text, ';' ORDER BY setrole) FROM pg_db_role_setting"
                + " WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = '" + name + "'";
    }

    /** As whoever empties a database does: it belongs to the superuser now, and is not the schema that every database begins with. */
    @Test
    void aSchemaPublicThatWasMadeAnewBesideTheFirstOne() {
        server.execute(
                database,
                "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
                "COMMENT ON SCHEMA public IS 'the first one'",
                "ALTER SCHEMA public RENAME TO before",
                "CREATE TABLE before.t AS SELECT 1 AS i",
                "CREATE SCHEMA public",
                "CREATE TABLE public.t AS SELECT 2 AS i");
        Backup backup = proven(database);
        assertThat(restored(backup).differences()).isEmpty();
    }

    /** Every new database has one, which before 15 is open to everybody, and no dump drops it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDatabaseWithoutTheSchemaPublic(boolean consent) {
        server.execute(
                database, "CREATE SCHEMA app", "CREATE TABLE app.t AS SELECT 1 AS i", "DROP SCHEMA public CASCADE");
        Backup backup = proven(database);
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), again);
        Backups backups = fixture.backups();
        backups.restore(consent ? request.withConsent() : request, backups.progress());
        assertThat(server.query(again, "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|info)'"))
                .containsExactly("app");
    }

    /** Before 15 a dump holds only grants on it. */
    @Test
    void aSchemaPublicOfAnotherOwner() {
        server.execute(
                database,
                "DROP SCHEMA public CASCADE",
                "CREATE SCHEMA public AUTHORIZATION app",
                "GRANT USAGE ON SCHEMA public TO reader WITH GRANT OPTION",
                "COMMENT ON SCHEMA public IS E'it''s :database\\ \"x\"\nours'",
                "CREATE TABLE t AS SELECT 1 AS i");
        Backup backup = proven(database);
        assertThat(restored(backup).differences()).isEmpty();
        String schema =
                "SELECT nspowner::regrole || nspacl::text || obj_description(oid, 'pg_namespace') FROM pg_namespace"
                        + " WHERE nspname = 'public'";
        assertThat(server.query(again, schema)).isEqualTo(server.query(database, schema));
    }

    /** Then it is the default tablespace that is named, which only its owner may use where it is not the database's own. */
    @Test
    void aTableInTheDefaultTablespaceOfADatabaseInAnother() {
        server.execute(
                "postgres",
                "SET allow_in_place_tablespaces = on",
                "CREATE TABLESPACE elsewhere LOCATION ''",
                "ALTER DATABASE %s SET TABLESPACE elsewhere".formatted(database));
        try {
            server.execute(
                    database,
                    "CREATE TABLE t TABLESPACE pg_default AS SELECT 1 AS i",
                    "CREATE TABLE u AS SELECT 1 AS i",
                    "CREATE INDEX unfinished ON u (i) TABLESPACE pg_default",
                    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'unfinished'::regclass");
            assertThat(restored(proven(database)).differences()).isEmpty();
        } finally {
            drop();
            server.execute("postgres", "DROP TABLESPACE elsewhere");
        }
    }

    @Test
    void anEventTriggerThatForbidsEveryDefinition() {
        server.execute(
                database,
                "CREATE TABLE t AS SELECT generate_series(1, 5) AS i",
                "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t",
                "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS"
                        + " $$BEGIN RAISE EXCEPTION 'no definitions here'; END$$",
                "CREATE EVENT TRIGGER forbid ON ddl_command_start EXECUTE FUNCTION no()",
                "COMMENT ON EVENT TRIGGER forbid IS 'by the house'");
        Backup backup = proven(database);
        assertThat(restored(backup).differences()).isEmpty();
        assertThat(server.query(again, "SELECT evtname || evtenabled::text FROM pg_event_trigger"))
                .containsExactly("forbidO");
    }

    @Test
    void anEventTriggerThatWritesDefinitionsDown() {
        server.execute(
                database,
                "CREATE TABLE log (what text)",
                "CREATE TABLE t AS SELECT generate_series(1, 5) AS i",
                "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t",
                "CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS"
                        + " $$BEGIN INSERT INTO public.log VALUES (tg_tag); END$$",
                "CREATE EVENT TRIGGER b_note ON ddl_command_end EXECUTE FUNCTION note()",
                "CREATE EVENT TRIGGER a_note ON sql_drop EXECUTE FUNCTION note()",
                "CREATE INDEX ON t (i)");
        Backup backup = proven(database);
        restored(backup);
        assertThat(server.query(again, "SELECT what FROM log")).containsExactly("CREATE INDEX");
        assertThat(server.query(again, "SELECT count FROM m")).containsExactly("5");
    }

    /** The other server is this one, and whoever connects to it from a restore meets a table of no rows. */
    @Test
    void aMaterializedViewOverAForeignTableIsLeftEmptyAndSaid() {
        server.execute(
                database,
                "CREATE EXTENSION postgres_fdw",
                "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', port '%d', dbname '%s')"
                        .formatted(server.host(), server.port(), database),
                "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user '%s', password '%s')"
                        .formatted(server.user(), server.password()),
                "CREATE TABLE here AS SELECT generate_series(1, 5) AS i",
                "CREATE FOREIGN TABLE there (i int) SERVER far OPTIONS (table_name 'here')",
                "CREATE VIEW through AS SELECT * FROM there",
                "CREATE MATERIALIZED VIEW far_away AS SELECT * FROM through",
                "CREATE MATERIALIZED VIEW further AS SELECT * FROM far_away",
                "CREATE MATERIALIZED VIEW near AS SELECT * FROM here",
                "ALTER SERVER far OPTIONS (SET port '1')");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.notes())
                .anyMatch(note -> note.contains("public.far_away") && note.contains("without rows"))
                .anyMatch(note -> note.contains("public.further"))
                .noneMatch(note -> note.contains("public.near "));
        assertThat(restored(backup).notes())
                .anyMatch(note -> note.contains("REFRESH MATERIALIZED VIEW public.far_away"));
        assertThat(server.query(again, "SELECT relname FROM pg_class WHERE relkind = 'm' AND relispopulated"))
                .containsExactly("near");
    }

    /** An administrator makes the foreign partition, and a trigger of the table goes to it as well. */
    @Test
    void aTriggerOfATableWithAForeignPartition() {
        server.execute(
                database,
                "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
                "CREATE TABLE p (i int) PARTITION BY RANGE (i); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
                "CREATE FOREIGN TABLE old PARTITION OF p FOR VALUES FROM (10) TO (20) SERVER nowhere",
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE TRIGGER whole AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()",
                "INSERT INTO p VALUES (3)");
        restored(proven(database));
        assertThat(server.query(again, "SELECT tgrelid::regclass::text FROM pg_trigger ORDER BY 1"))
                .containsExactly("old", "p", "p1");
    }

    /** As a dump would that left something out: the rows are right, the rest is not, and it is said what. */
    @Test
    void aDefinitionThatARestoreDoesNotBringBack() throws Exception {
        server.execute(
                database,
                "CREATE TABLE t AS SELECT 1 AS i",
                "CREATE INDEX t_i ON t (i)",
                "COMMENT ON INDEX t_i IS 'for the reports'");
        fixture.withProgram("pg_dump", "exec $REAL --no-comments \"$@\"");
        Backup backup = fixture.take(database);
        fixture.with("server.programs", server.programs().toString());
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L3);
        assertThat(verification.verdict()).isEqualTo(Conclusion.DIFFERENT);
        assertThat(verification.problems()).containsExactly("Comment index public.t_i is missing.");
        assertThat(verification.differences()).singleElement().satisfies(difference -> {
            assertThat(difference.kind()).isEqualTo("comment");
            assertThat(difference.name()).isEqualTo("index public.t_i");
        });
        assertThat(backups.get(backup.id()).isDamaged()).isFalse();
        assertThat(restored(backup).differences()).hasSize(1);
    }

    /** pg_dump leaves out what belongs to an extension, but CREATE EXTENSION brings none of this along. */
    @Test
    void whatSomebodyChangedInAnExtension() {
        server.execute(
                database,
                "CREATE EXTENSION hstore",
                "CREATE EXTENSION citext",
                "CREATE EXTENSION postgres_fdw",
                "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO app",
                "CREATE TABLE added (i int PRIMARY KEY CHECK (i > 0))",
                "ALTER EXTENSION hstore ADD TABLE added",
                "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "ALTER EXTENSION hstore ADD FUNCTION more()",
                "CREATE OR REPLACE FUNCTION tconvert(text, text) RETURNS hstore LANGUAGE sql AS 'SELECT NULL::hstore'",
                "ALTER FUNCTION hstore(text, text) OWNER TO app",
                "COMMENT ON FUNCTION slice(hstore, text[]) IS 'mine'",
                "ALTER EXTENSION citext DROP FUNCTION citext_eq(citext, citext)",
                "ALTER EXTENSION citext DROP FUNCTION regexp_match(citext, citext)",
                "DROP FUNCTION regexp_match(citext, citext)",
                "ALTER EXTENSION citext ADD FUNCTION citext_eq(citext, citext)",
                "CREATE TABLE t AS SELECT 1 AS i");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.verdict()).isEqualTo(Conclusion.DIFFERENT);
        assertThat(verification.problems())
                .satisfiesExactly(
                        one -> assertThat(one)
                                .contains("function public.hstore(")
                                .endsWith(" lacks: owner app."),
                        one -> assertThat(one).isEqualTo("Part of an extension function public.more() is missing."),
                        one -> assertThat(one)
                                .contains(
                                        "function public.regexp_match(public.citext,public.citext) is not in the backup"),
                        one -> assertThat(one)
                                .contains("function public.slice(")
                                .endsWith(" lacks: comment mine."),
                        one -> assertThat(one)
                                .contains("function public.tconvert(")
                                .contains("SELECT NULL::hstore"),
                        one -> assertThat(one).isEqualTo("Table of an extension public.added is missing."));
    }

    /** As somebody leaves it who loaded rows that it refuses; a dump enables it. */
    @Test
    void aForeignKeyThatIsDisabled() {
        server.execute(
                database,
                "CREATE TABLE p (i int PRIMARY KEY)",
                "CREATE TABLE c (i int REFERENCES p)",
                "ALTER TABLE c DISABLE TRIGGER ALL");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                        .problems())
                .containsExactly("Disabled foreign key public.c.c_i_fkey is missing.");
    }

    /**
     * Rows that an extension keeps are dumped, but for those that it brings itself; an application inherits from its tables, and it watches
     * over definitions.
     */
    @Test
    void whatAnExtensionKeepsOfTheApplication() throws Exception {
        try (ExtendedPrograms programs = new ExtendedPrograms(server.programs())
                        .with("keeper", KEEPER)
                        .with("changer", CHANGER);
                PostgresServer other = PostgresServer.start(programs.bin())) {
            fixture = new BackupFixture(other, folder)
                    .with("scratch.contents-trusted", true)
                    .with("scratch.sandboxes", "")
                    .with("dump.digests", true);
            other.execute("postgres", "CREATE DATABASE kept", "CREATE ROLE app");
            other.execute(
                    "kept",
                    "CREATE EXTENSION keeper",
                    "INSERT INTO keeper.settings VALUES ('mine', 'a', true), ('also mine', 'b', true)",
                    "INSERT INTO keeper.jobs (what) SELECT 'job ' || i FROM generate_series(1, 7) i",
                    "DELETE FROM keeper.jobs WHERE id = 7",
                    "CREATE TABLE app (also text) INHERITS (keeper.jobs)",
                    "ALTER TABLE app OWNER TO app",
                    "INSERT INTO app (what, also) VALUES ('inherited', 'x')",
                    "CREATE INDEX ON app (also)");
            Backup backup = proven("kept");
            assertThat(backup.manifest().contents().extensionTables())
                    .extracting(kept ->
                            kept.table().qualifiedName() + " " + kept.table().rows())
                    .containsExactly("keeper.jobs 6", "keeper.noted 1", "keeper.settings 2");
            assertThat(restored(backup).differences()).isEmpty();
            for (String query : List.of(
                    "SELECT what FROM keeper.noted",
                    "SELECT k || v || own FROM keeper.settings ORDER BY k",
                    "SELECT tableoid::regclass || what FROM keeper.jobs ORDER BY id",
                    "SELECT last_value FROM keeper.jobs_id_seq",
                    "SELECT relname || relowner::regrole FROM pg_class WHERE relname IN ('jobs', 'app') ORDER BY 1",
                    "SELECT evtname || evtenabled::text FROM pg_event_trigger")) {
                assertThat(other.query(again, query)).isNotEmpty().isEqualTo(other.query("kept", query));
            }
            Backups backups = fixture.backups();
            other.execute("kept", "DROP TABLE app");
            Restored without = backups.restore(
                    RestoreRequest.intoNew(fixture.take("kept").id(), again + "_less"), backups.progress());
            assertThat(without.notes()).anyMatch(note -> note.contains("table data keeper.settings"));

            other.execute("postgres", "CREATE DATABASE changed");
            other.execute("changed", "CREATE EXTENSION changer", "INSERT INTO changer.notes VALUES ('a')");
            Backup changed = fixture.take("changed");
            Verification verification = backups.verify(changed, VerificationLevel.L4, backups.progress());
            assertThat(verification.verdict()).isEqualTo(Conclusion.DIFFERENT);
            assertThat(verification.problems())
                    .containsExactly("Table changer.notes has the right number of rows, but other contents.");
        }
    }

    /** A dump has their keys, but not those of the extension's table, which they get when they are attached. */
    @ParameterizedTest
    @ValueSource(strings = {"1GB", "1KB"})
    void partitionsOfATableOfAnExtension(String ownArchiveAbove) throws Exception {
        try (ExtendedPrograms programs = new ExtendedPrograms(server.programs()).with("parted", PARTED);
                PostgresServer other = PostgresServer.start(programs.bin())) {
            fixture = new BackupFixture(other, folder)
                    .with("scratch.contents-trusted", true)
                    .with("scratch.sandboxes", "")
                    .with("dump.own-archive-above", ownArchiveAbove);
            other.execute("postgres", "CREATE DATABASE kept", "CREATE ROLE app");
            other.execute(
                    "kept",
                    "CREATE EXTENSION parted",
                    "CREATE TABLE e25 PARTITION OF parted.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
                    "CREATE TABLE rest PARTITION OF parted.events DEFAULT PARTITION BY LIST (at)",
                    "CREATE TABLE rest_1 PARTITION OF rest DEFAULT",
                    "CREATE INDEX own ON e25 (id, kind)",
                    "CREATE INDEX own_too ON rest (id, kind)",
                    // This one is the application's own, but for the operators of its key.
                    "CREATE EXTENSION citext",
                    "CREATE TABLE here (i citext PRIMARY KEY) PARTITION BY LIST (i)",
                    "CREATE TABLE here_1 PARTITION OF here DEFAULT",
                    "ALTER TABLE e25 OWNER TO app",
                    "COMMENT ON CONSTRAINT e25_pkey ON e25 IS 'key'",
                    "INSERT INTO parted.events SELECT '2025-12-01'::date + i, 'k', i FROM generate_series(1, 60) i",
                    "CREATE TABLE refers (at date, id int, FOREIGN KEY (at, id) REFERENCES parted.events)",
                    "INSERT INTO refers VALUES ('2025-12-02', 1), ('2026-01-02', 32)");
            Backup backup = proven("kept");
            assertThat(restored(backup).differences()).isEmpty();
            assertThat(other.query(again, "SELECT count(*) FROM parted.events")).containsExactly("60");
            assertThat(
                            other.query(
                                    again,
                                    "SELECT indexrelid::regclass || indisvalid::text FROM pg_index"
                                            + " WHERE indrelid::regclass::text IN ('parted.events', 'e25', 'rest', 'rest_1') ORDER BY 1"))
                    .isEqualTo(
                            other.query(
                                    "kept",
                                    "SELECT indexrelid::regclass || indisvalid::text FROM pg_index"
                                            + " WHERE indrelid::regclass::text IN ('parted.events', 'e25', 'rest', 'rest_1') ORDER BY 1"))
                    .hasSize(11);
        }
    }

    private static final String PARTED = """
            CREATE TABLE events (at date, kind text, id int CHECK (id > 0), PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
            CREATE INDEX ON events (kind);
            """;

    /** The bound of a partition is evaluated while the role of the restore owns the extension's table; its owner would be a superuser. */
    @Test
    void whatADefinitionLeavesInATableOfAnExtensionEndsTheRestore() throws Exception {
        try (ExtendedPrograms programs = new ExtendedPrograms(server.programs()).with("keeper", KEEPER);
                PostgresServer other = PostgresServer.start(programs.bin())) {
            fixture = new BackupFixture(other, folder);
            for (String attack : List.of(
                    "CREATE TRIGGER planted BEFORE INSERT ON keeper.jobs FOR EACH ROW EXECUTE FUNCTION public.planted()",
                    "CREATE RULE planted AS ON INSERT TO keeper.jobs DO ALSO SELECT public.plant(1)",
                    "CREATE POLICY planted ON keeper.jobs USING (public.plant(id))",
                    "CREATE INDEX planted ON keeper.jobs (public.plant(id))",
                    "CREATE STATISTICS public.planted ON (public.plant(id)), what FROM keeper.jobs",
                    "ALTER TABLE keeper.jobs ADD CHECK (public.plant(id))",
                    "ALTER TABLE keeper.jobs ALTER what SET DEFAULT ''planted''",
                    "CREATE CAST (keeper.jobs AS int) WITH FUNCTION public.cast_of(keeper.jobs) AS IMPLICIT",
                    "GRANT ALL ON keeper.jobs TO PUBLIC",
                    "INSERT INTO keeper.jobs (id, what) VALUES (99, ''planted'')")) {
                other.execute("postgres", "CREATE DATABASE kept");
                other.execute(
                        "kept",
                        "CREATE EXTENSION keeper",
                        "CREATE TABLE app () INHERITS (keeper.jobs)",
                        "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                        "CREATE FUNCTION cast_of(keeper.jobs) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                        "CREATE FUNCTION plant(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'",
                        "CREATE FUNCTION act(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN"
                                + " IF session_user LIKE 'sidecar_restore_%' THEN EXECUTE '" + attack
                                + "'; END IF; RETURN true; END $$",
                        "CREATE DOMAIN part AS int CHECK (public.act(VALUE))",
                        "CREATE TABLE parts (v part) PARTITION BY LIST (v)",
                        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)");
                Backup backup = fixture.take("kept");

                assertThatThrownBy(() -> restored(backup))
                        .as(attack)
                        .isInstanceOf(BackupFailure.class)
                        .hasMessageContaining("table keeper.jobs, which it may only inherit from");
                assertThat(other.query("postgres", "SELECT datname FROM pg_database WHERE datname = '" + again + "'"))
                        .isEmpty();
                other.execute("postgres", "DROP DATABASE kept");
            }
        }
    }

    /** The role of the restore owns the extension's table while it attaches a partition. */
    @Test
    void whatADefinitionLeavesInAPartitionedTableOfAnExtensionEndsTheRestore() throws Exception {
        try (ExtendedPrograms programs = new ExtendedPrograms(server.programs()).with("parted", PARTED);
                PostgresServer other = PostgresServer.start(programs.bin())) {
            fixture = new BackupFixture(other, folder);
            for (String attack : List.of(
                    "CREATE TRIGGER planted BEFORE INSERT ON parted.events FOR EACH ROW EXECUTE FUNCTION public.planted()",
                    "CREATE INDEX planted ON parted.events (public.plant(id))",
                    "GRANT ALL ON parted.events TO PUBLIC",
                    "CREATE TABLE parted.planted PARTITION OF parted.events DEFAULT;"
                            + " ALTER TABLE parted.events ALTER kind SET DEFAULT ''planted''")) {
                other.execute("postgres", "CREATE DATABASE kept");
                other.execute(
                        "kept",
                        "CREATE EXTENSION parted",
                        "CREATE TABLE e25 PARTITION OF parted.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
                        "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                        "CREATE FUNCTION plant(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END'",
                        "CREATE FUNCTION act(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN"
                                + " IF session_user LIKE 'sidecar_restore_%' THEN EXECUTE '" + attack
                                + "'; END IF; RETURN true; END $$",
                        "CREATE DOMAIN part AS int CHECK (public.act(VALUE))",
                        "CREATE TABLE parts (v part) PARTITION BY LIST (v)",
                        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)");
                Backup backup = fixture.take("kept");

                assertThatThrownBy(() -> restored(backup))
                        .as(attack)
                        .isInstanceOf(BackupFailure.class)
                        .hasMessageContaining("table parted.events, which it may only inherit from");
                other.execute("postgres", "DROP DATABASE kept");
            }
        }
    }

    /** A row there is what the extension does next, with the rights of whoever the row names. */
    @Test
    void whatRowsRunChangesNothingThatAnExtensionKeeps() throws Exception {
        try (ExtendedPrograms programs = new ExtendedPrograms(server.programs()).with("keeper", KEEPER);
                PostgresServer other = PostgresServer.start(programs.bin())) {
            fixture = new BackupFixture(other, folder);
            other.execute("postgres", "CREATE DATABASE kept");
            other.execute(
                    "kept",
                    "CREATE EXTENSION keeper",
                    "INSERT INTO keeper.jobs (what) VALUES ('mine')",
                    "CREATE FUNCTION act() RETURNS bool LANGUAGE plpgsql AS $$ DECLARE attack text; BEGIN"
                            + " IF session_user NOT LIKE 'sidecar_restore_%' THEN RETURN true; END IF;"
                            + " FOREACH attack IN ARRAY ARRAY['INSERT INTO keeper.jobs VALUES (99, ''planted'')',"
                            + " 'INSERT INTO keeper.settings VALUES (''planted'', ''x'', true)',"
                            + " 'COPY keeper.jobs FROM PROGRAM ''echo 98''', 'SELECT setval(''keeper.jobs_id_seq'', 1000)',"
                            + " 'SELECT nextval(''keeper.jobs_id_seq'')', 'UPDATE keeper.jobs SET what = ''planted''',"
                            + " 'DELETE FROM keeper.jobs', 'TRUNCATE keeper.jobs', 'ALTER TABLE keeper.jobs ADD planted int',"
                            + " 'CREATE TRIGGER planted AFTER INSERT ON keeper.jobs FOR EACH ROW EXECUTE FUNCTION public.planted()',"
                            + " 'GRANT INSERT ON keeper.jobs TO PUBLIC'] LOOP"
                            + " BEGIN EXECUTE attack; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; RETURN true; END $$",
                    "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                    "CREATE FUNCTION same(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                            + " 'BEGIN PERFORM public.act(); RETURN i; END'",
                    "CREATE DOMAIN checked AS int CHECK (public.act() AND VALUE > 0)",
                    "CREATE TABLE app (v checked)",
                    "INSERT INTO app VALUES (1)",
                    "CREATE INDEX ON app (public.same(v))");

            Restored restored = restored(fixture.take("kept"));

            assertThat(restored.differences()).isEmpty();
            assertThat(restored.notes()).isEmpty();
            for (String query : List.of(
                    "SELECT j::text FROM keeper.jobs j",
                    "SELECT s::text FROM keeper.settings s",
                    "SELECT last_value || is_called::text FROM keeper.jobs_id_seq",
                    "SELECT count(*) FROM pg_trigger",
                    "SELECT has_table_privilege('public', 'keeper.jobs', 'INSERT')")) {
                assertThat(other.query(again, query)).as(query).isEqualTo(other.query("kept", query));
            }
        }
    }

    private static final String KEEPER = """
            CREATE TABLE settings (k text PRIMARY KEY, v text, own boolean);
            INSERT INTO settings VALUES ('built in', 'x', false);
            SELECT pg_catalog.pg_extension_config_dump('settings', 'WHERE own');
            CREATE TABLE jobs (id serial PRIMARY KEY, what text);
            SELECT pg_catalog.pg_extension_config_dump('jobs', '');
            SELECT pg_catalog.pg_extension_config_dump('jobs_id_seq', '');
            CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RAISE 'no definitions of others'; END IF;
            END $$;
            CREATE TABLE noted (what text);
            SELECT pg_catalog.pg_extension_config_dump('noted', '');
            CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO keeper.noted VALUES (tg_tag); END $$;
            CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION note();
            CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION watch();
            """;

    /** A dump knows nothing of the trigger, which changes the rows once more. */
    private static final String CHANGER = """
            CREATE TABLE notes (note text);
            SELECT pg_catalog.pg_extension_config_dump('notes', '');
            CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := NEW.note || '!'; RETURN NEW; END $$;
            CREATE TRIGGER more BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION more();
            """;

    private Backup proven(String name) {
        Backup backup = fixture.take(name);
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
        assertThat(verification.verdict()).isEqualTo(Conclusion.HELD);
        assertThat(verification.notes()).anyMatch(note -> note.contains("definitions were compared"));
        return backup;
    }

    private Restored restored(Backup backup) {
        Backups backups = fixture.backups();
        return backups.restore(RestoreRequest.intoNew(backup.id(), again).withConsent(), backups.progress());
    }
}
