package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One database with a trap in every place where its owner can put a function, taken by a superuser, which is the best prey there is. A
 * trap raises an exception when the superuser of the server meets it: then there is no backup. Whoever restores it is robbed: on the live
 * server of rights, in the scratch server of files, programs and other servers.
 */
class TrappedDatabaseTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static final String IMMUTABLE =
            "LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.steal(); RETURN %s; END'";

    /** This stays if it works. */
    private static final List<String> RIGHTS = List.of(
            "ALTER ROLE trapper SUPERUSER",
            "RESET SESSION AUTHORIZATION",
            "RESET ROLE",
            "SET ROLE postgres",
            "SET SESSION AUTHORIZATION postgres",
            "ALTER ROLE trapper SUPERUSER",
            "CREATE ROLE trapper_two SUPERUSER",
            "GRANT pg_execute_server_program TO trapper",
            "GRANT pg_read_server_files TO trapper",
            "UPDATE pg_authid SET rolsuper = true WHERE rolname = 'trapper'",
            "INSERT INTO pg_auth_members VALUES (10, 'trapper'::regrole, 10, true)",
            "ALTER ROLE ALL SET search_path = trap",
            "ALTER ROLE postgres SET search_path = trap",
            "ALTER DATABASE postgres SET search_path = trap",
            "ALTER DATABASE template1 OWNER TO trapper",
            "GRANT CREATE ON DATABASE postgres TO trapper",
            "ALTER FUNCTION pg_catalog.now() OWNER TO trapper",
            "CREATE FUNCTION pg_catalog.planted() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE TRUSTED LANGUAGE trap HANDLER plpgsql_call_handler",
            "UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'c'",
            "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO trapper",
            "CREATE EVENT TRIGGER planted ON ddl_command_end EXECUTE FUNCTION public.planting()");

    @TempDir
    private Path folder;

    private String database;
    private Path loot;
    private BackupFixture fixture;

    @BeforeEach
    void layTraps() throws Exception {
        database = SERVER.createDatabase("trapped");
        loot = Files.createDirectory(Path.of("/tmp", "loot-" + database));
        loot.toFile().setWritable(true, false);
        SERVER.execute(
                "postgres", "CREATE ROLE trapper LOGIN", "ALTER DATABASE \"%s\" OWNER TO trapper".formatted(database));
        // An administrator once installed it, and lets everybody use it.
        SERVER.execute(
                database,
                "ALTER SCHEMA public OWNER TO trapper",
                "CREATE EXTENSION dblink",
                "CREATE EXTENSION postgres_fdw",
                "CREATE EXTENSION file_fdw",
                "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw, file_fdw TO trapper");
        asTrapper(
                steal(),
                "CREATE FUNCTION public.yes(int) RETURNS bool " + IMMUTABLE.formatted("true"),
                "CREATE FUNCTION public.same(int) RETURNS int " + IMMUTABLE.formatted("$1"),
                "CREATE FUNCTION public.planting() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.steal(); END'",
                // The planner runs such a call for every query of the table.
                "CREATE TABLE goods (id int PRIMARY KEY, name text, CHECK (id > 0 OR public.yes(1)))",
                "INSERT INTO goods SELECT i, 'g' || i FROM generate_series(1, 100) i",
                "CREATE INDEX ON goods ((id + public.same(1)))",
                "CREATE INDEX ON goods (id) WHERE id > public.same(2)",
                "CREATE STATISTICS planned ON (id + public.same(3)), name FROM goods",
                "CREATE TABLE defaults (id int DEFAULT public.same(1), made int GENERATED ALWAYS AS (public.same(id)) STORED)",
                "INSERT INTO defaults DEFAULT VALUES",
                "CREATE TABLE excluded (id int, EXCLUDE USING btree (public.same(id) WITH =))",
                "INSERT INTO excluded VALUES (1)",
                "CREATE DOMAIN counted AS int DEFAULT public.same(1) CHECK (public.yes(VALUE))",
                "CREATE TABLE domained (c counted, many counted[])",
                "INSERT INTO domained VALUES (1, '{1,2}')",
                // Casts, operators and collations that suit better than PostgreSQL's own.
                "CREATE TYPE pair AS (a int, b text)",
                "CREATE FUNCTION public.text(pair) RETURNS text " + IMMUTABLE.formatted("''x''"),
                "CREATE CAST (pair AS text) WITH FUNCTION public.text(pair) AS IMPLICIT",
                "CREATE FUNCTION public.pair_is(pair, pair) RETURNS bool " + IMMUTABLE.formatted("true"),
                "CREATE OPERATOR public.= (LEFTARG = pair, RIGHTARG = pair, FUNCTION = public.pair_is)",
                "CREATE FUNCTION public.name_is(name, text) RETURNS bool " + IMMUTABLE.formatted("true"),
                "CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = text, FUNCTION = public.name_is)",
                "CREATE COLLATION public.\"C\" (provider = libc, locale = 'C.UTF-8')",
                "CREATE COLLATION public.\"default\" (provider = libc, locale = 'C')",
                "CREATE TABLE pairs (p pair, t text COLLATE public.\"C\", CHECK (p = p))",
                "INSERT INTO pairs VALUES ((1, 'one'), 'one')",
                "CREATE TABLE sidecar_row (sidecar_row pair, ctid_ text)",
                "INSERT INTO sidecar_row VALUES ((1, 'one'), 'x')",
                "CREATE FUNCTION public.adds(int, int) RETURNS int " + IMMUTABLE.formatted("$1"),
                "CREATE AGGREGATE public.count(int) (SFUNC = public.adds, STYPE = int, INITCOND = '0')",
                // An index is built under locks that a caught exception would give back, so this one catches none.
                """
                CREATE FUNCTION public.become() RETURNS void LANGUAGE plpgsql AS $trap$BEGIN
                  IF session_user = '%s' THEN RAISE EXCEPTION 'trapped'; END IF;
                  IF current_setting('is_superuser') = 'on' AND session_user NOT IN ('trapper', 'sidecar_scratch') THEN
                    ALTER ROLE trapper SUPERUSER;
                  END IF;
                END$trap$""".formatted(SERVER.user()),
                "CREATE FUNCTION public.far(float8, float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS"
                        + " 'BEGIN PERFORM public.become(); RETURN 1; END'",
                "CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = public.far)",
                "CREATE TABLE spans (s span)",
                "INSERT INTO spans SELECT span(i, i + 1) FROM generate_series(1, 2000) i",
                "CREATE INDEX ON spans USING gist (s)",
                // Partitions, children, rules, triggers, policies, references, views.
                "CREATE TABLE hashed (i int) PARTITION BY RANGE (public.same(i))",
                "CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES FROM (0) TO (10)",
                "INSERT INTO hashed VALUES (1)",
                "CREATE TABLE child (CHECK (public.yes(id))) INHERITS (goods)",
                "INSERT INTO child VALUES (1000, 'child')",
                "CREATE TABLE ruled (i int)",
                "INSERT INTO ruled VALUES (1)",
                "CREATE RULE r AS ON INSERT TO ruled DO ALSO SELECT public.same(1)",
                "CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN PERFORM public.steal(); RETURN NEW; END'",
                "CREATE TRIGGER fires BEFORE INSERT ON goods FOR EACH ROW EXECUTE FUNCTION public.fire()",
                "ALTER TABLE goods ENABLE ALWAYS TRIGGER fires",
                "ALTER TABLE goods ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE goods FORCE ROW LEVEL SECURITY",
                "CREATE POLICY p ON goods USING (public.yes(id)) WITH CHECK (public.yes(id))",
                "CREATE TABLE refers (id int REFERENCES goods)",
                "INSERT INTO refers VALUES (1)",
                "CREATE INDEX ON refers ((id + public.same(4)))",
                "CREATE VIEW public.pg_class AS SELECT * FROM pg_catalog.pg_class WHERE public.yes(1)",
                "CREATE MATERIALIZED VIEW seen AS SELECT public.same(id) FROM defaults",
                "CREATE VIEW checked AS SELECT * FROM goods WHERE public.yes(id) WITH CHECK OPTION",
                "CREATE PUBLICATION told FOR TABLE goods",
                "ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO PUBLIC",
                "CREATE TEXT SEARCH DICTIONARY reading (TEMPLATE = synonym, SYNONYMS = 'synonym_sample')",
                "CREATE TEXT SEARCH CONFIGURATION told (COPY = simple)",
                "ALTER TEXT SEARCH CONFIGURATION told ALTER MAPPING FOR asciiword WITH reading",
                "CREATE INDEX ON goods USING gin (to_tsvector('public.told', name))",
                // Other servers and files, to which nobody may go who has not the rights of whoever asks.
                "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', port '%d', dbname 'postgres')"
                        .formatted(SERVER.host(), SERVER.port()),
                "CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user '%s')".formatted(SERVER.user()),
                "CREATE FOREIGN TABLE afar (id int) SERVER elsewhere OPTIONS (table_name 'goods')",
                "SELECT lo_from_bytea(0, 'x')",
                "COMMENT ON TABLE goods IS E'x\\n\\\\! touch %s/meta\\n'".formatted(loot),
                "COMMENT ON SCHEMA public IS E'\\n\\\\copy (SELECT 1) to program ''touch %s/meta''\\n'"
                        .formatted(loot));
        for (String setting : List.of(
                "search_path = public, pg_catalog",
                "check_function_bodies = off",
                "default_tablespace = ''",
                "session_replication_role = replica",
                "standard_conforming_strings = off",
                "backslash_quote = on",
                "enable_seqscan = off",
                "default_with_oids = off")) {
            try {
                asTrapper("ALTER DATABASE \"%s\" SET %s".formatted(database, setting));
            } catch (IllegalStateException e) {
                // What needs an administrator is refused here already.
            }
        }
        fixture = new BackupFixture(SERVER, folder)
                .with("server.databases", database)
                .with("dump.own-archive-above", "100KB");
    }

    /** In a scratch server everything outside is tried and undone inside, so that what was restored stays what was dumped. */
    private String steal() {
        List<String> outside = List.of(
                "COPY (SELECT 1) TO PROGRAM 'touch %s/program'".formatted(loot),
                "COPY (SELECT 1) TO '%s/file'".formatted(loot),
                "COPY (SELECT pg_read_file('/proc/self/environ')) TO '%s/environ'".formatted(loot),
                "SELECT lo_export(lo_from_bytea(0, 'x'), '%s/exported')".formatted(loot),
                "CREATE FUNCTION pg_temp.run(cstring) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'",
                "SELECT public.dblink_exec('host=%s port=%d dbname=postgres user=%s', 'CREATE ROLE trapper_far SUPERUSER')"
                        .formatted(SERVER.host(), SERVER.port(), SERVER.user()),
                "SELECT count(*) FROM public.afar",
                "LOAD 'dblink'");
        return """
                CREATE FUNCTION public.steal() RETURNS void LANGUAGE plpgsql VOLATILE AS $trap$
                DECLARE attack text;
                BEGIN
                  IF session_user = 'trapper' THEN RETURN; END IF;
                  IF session_user = '%s' THEN RAISE EXCEPTION 'trapped'; END IF;
                  FOREACH attack IN ARRAY ARRAY[%s] LOOP
                    BEGIN
                      EXECUTE attack;
                      RAISE EXCEPTION 'undo';
                    EXCEPTION WHEN OTHERS THEN
                      NULL;
                    END;
                  END LOOP;
                  IF session_user <> 'sidecar_scratch' THEN
                    FOREACH attack IN ARRAY ARRAY[%s] LOOP
                      BEGIN
                        EXECUTE attack;
                      EXCEPTION WHEN OTHERS THEN
                        NULL;
                      END;
                    END LOOP;
                  END IF;
                END $trap$""".formatted(SERVER.user(), texts(outside), texts(RIGHTS));
    }

    private static String texts(List<String> all) {
        return String.join(", ", all.stream().map(one -> "$a$" + one + "$a$").toList());
    }

    @AfterEach
    void drop() throws Exception {
        SERVER.query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'trapped%'")
                .forEach(SERVER::dropDatabase);
        SERVER.execute(
                "postgres",
                "DROP ROLE IF EXISTS trapper",
                "DROP ROLE IF EXISTS trapper_two",
                "DROP ROLE IF EXISTS trapper_far",
                "DROP ROLE IF EXISTS sidecar_restored");
        try (Stream<Path> files = Files.walk(loot)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void nobodyIsCaught() throws Exception {
        for (boolean digests : new boolean[] {false, true}) {
            fixture.with("dump.digests", digests);
            Backup backup = fixture.take(database);
            Backups backups = fixture.backups();
            assertThat(backup.manifest().contents().tables())
                    .filteredOn(table -> table.name().equals("goods"))
                    .singleElement()
                    .satisfies(table -> assertThat(table.rows()).isEqualTo(100));

            Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
            assertThat(verification.problems()).isEmpty();
            assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);

            for (RestoreRequest request : List.of(
                    RestoreRequest.intoNew(backup.id(), database + "_copy_" + digests),
                    new RestoreRequest(backup.id(), database, true, false, List.of()))) {
                assertThat(backups.plan(request).obstacles()).isEmpty();
                assertThat(backups.restore(request, backups.progress()).rows())
                        .isEqualTo(backup.manifest().contents().rows());
                nothingWasTaken();
            }
        }
    }

    private void nothingWasTaken() throws Exception {
        try (Stream<Path> files = Files.list(loot)) {
            assertThat(files).isEmpty();
        }
        assertThat(
                        SERVER.query(
                                "postgres",
                                "SELECT rolname || rolsuper::text FROM pg_roles WHERE rolname LIKE 'trapper%' OR rolname LIKE 'sidecar\\_restore\\_%'"))
                .containsExactly("trapperfalse");
        assertThat(SERVER.query("postgres", "SELECT 1 FROM pg_auth_members WHERE member = 'trapper'::regrole"))
                .isEmpty();
        assertThat(
                        SERVER.query(
                                "postgres",
                                "SELECT 1 FROM pg_db_role_setting WHERE setdatabase = 0"
                                        + " OR setdatabase IN (SELECT oid FROM pg_database WHERE datname IN ('postgres', 'template1'))"))
                .isEmpty();
        assertThat(SERVER.query(
                        "postgres",
                        "SELECT datdba::regrole FROM pg_database WHERE datname IN ('postgres', 'template1')"))
                .doesNotContain("trapper");
    }

    private void asTrapper(String... statements) {
        List<String> all = new ArrayList<>(List.of("SET SESSION AUTHORIZATION trapper"));
        all.addAll(List.of(statements));
        SERVER.execute(database, all.toArray(String[]::new));
    }
}
