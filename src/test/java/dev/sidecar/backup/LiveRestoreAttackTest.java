package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.TestSets;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A restore into the live server evaluates what the owner of the database wrote. Each trap tries to become superuser, to run a program
 * and to change another role when somebody else than its owner runs it; none may get anything, and the restore works all the same.
 */
class LiveRestoreAttackTest {

    private static final PostgresServer SERVER = PostgresServer.shared();

    /** Tries one door after the other, and goes on where one is shut. */
    private static final String STEAL = """
            CREATE FUNCTION public.steal() RETURNS void LANGUAGE plpgsql VOLATILE AS $trap$
            DECLARE attack text;
            BEGIN
              IF session_user = 'carol' THEN RETURN; END IF;
              FOREACH attack IN ARRAY ARRAY['ALTER ROLE carol SUPERUSER', 'RESET SESSION AUTHORIZATION', 'RESET ROLE',
                  'SET ROLE postgres', 'SET ROLE treasurer', 'ALTER ROLE carol SUPERUSER', 'GRANT treasurer TO carol',
                  'GRANT pg_execute_server_program TO carol', 'ALTER ROLE treasurer PASSWORD ''guessed''',
                  'COPY (SELECT 1) TO PROGRAM ''touch %s'''] LOOP
                BEGIN
                  EXECUTE attack;
                EXCEPTION WHEN OTHERS THEN
                  NULL;
                END;
              END LOOP;
            END $trap$""";

    /** What may stand in indexes must call itself immutable; what it calls may be anything. */
    private static final String TRAP = "LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.steal(); RETURN %s; END'";

    private static final String OWNERS = """
            SELECT o FROM (
              SELECT format('%s %s %s', relkind, relname, relowner::regrole) FROM pg_class WHERE relnamespace = 'public'::regnamespace
              UNION SELECT format('%s %s', proname, proowner::regrole) FROM pg_proc WHERE oid >= 16384
              UNION SELECT format('%s %s', typname, typowner::regrole) FROM pg_type WHERE typnamespace = 'public'::regnamespace
              UNION SELECT format('%s %s', stxname, stxowner::regrole) FROM pg_statistic_ext) AS all_of(o)
            ORDER BY 1
            """;

    @TempDir
    private Path folder;

    private Path touched;
    private String database;
    private BackupFixture fixture;

    @BeforeEach
    void giveCarolADatabase() {
        database = SERVER.createDatabase("carols");
        touched = Path.of("/tmp", "ran-" + database);
        SERVER.execute(
                "postgres",
                "CREATE ROLE carol LOGIN",
                "CREATE ROLE treasurer LOGIN",
                "ALTER DATABASE \"%s\" OWNER TO carol".formatted(database));
        SERVER.execute(database, "ALTER SCHEMA public OWNER TO carol");
        asCarol(
                STEAL.formatted(touched),
                "CREATE FUNCTION public.yes(int) RETURNS bool " + TRAP.formatted("true"),
                "CREATE FUNCTION public.same(int) RETURNS int " + TRAP.formatted("$1"),
                "CREATE TABLE goods (id int PRIMARY KEY, name text)",
                "INSERT INTO goods SELECT i, 'g' || i FROM generate_series(1, 100) i");
        fixture = new BackupFixture(SERVER, folder).with("server.databases", database);
    }

    @AfterEach
    void drop() throws Exception {
        SERVER.query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'carols%'")
                .forEach(SERVER::dropDatabase);
        SERVER.execute(
                "postgres",
                "DROP ROLE IF EXISTS carol",
                "DROP ROLE IF EXISTS treasurer",
                "DROP ROLE IF EXISTS sidecar_restored");
        Files.deleteIfExists(touched);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE goods ADD CHECK (public.yes(id))",
                "ALTER TABLE goods ADD COLUMN made int GENERATED ALWAYS AS (public.same(id)) STORED",
                "CREATE INDEX ON goods (public.same(id))",
                "CREATE INDEX ON goods (id) WHERE public.yes(id)",
                "CREATE STATISTICS planned ON (public.same(id)), name FROM goods",
                "CREATE MATERIALIZED VIEW seen AS SELECT public.same(id) FROM goods",
                "ALTER TABLE goods ADD EXCLUDE USING btree (public.same(id) WITH =)",
                "ALTER TABLE goods ADD COLUMN later int DEFAULT public.same(1)",
                "CREATE DOMAIN counted AS int CHECK (public.yes(VALUE)) // CREATE TABLE domained (v counted) // INSERT INTO domained VALUES (1)",
                "CREATE DOMAIN part AS int CHECK (public.yes(VALUE)) // CREATE TABLE parts (v part) PARTITION BY LIST (v) //"
                        + " CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1) // INSERT INTO parts VALUES (1)",
                "CREATE TABLE hashed (i int) PARTITION BY RANGE ((public.same(i))) //"
                        + " CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES FROM (0) TO (10) // INSERT INTO hashed VALUES (1)",
                "CREATE TYPE pair AS (a int) // CREATE DOMAIN sure AS pair CHECK (public.yes((VALUE).a)) //"
                        + " CREATE TABLE composed (v sure[]) // INSERT INTO composed VALUES (ARRAY[ROW(1)::pair::sure])",
                "CREATE FUNCTION public.become() RETURNS void LANGUAGE plpgsql AS 'BEGIN IF current_setting(''is_superuser'') = ''on'' AND session_user <> ''carol'' THEN ALTER ROLE carol SUPERUSER; END IF; END' // CREATE FUNCTION public.far(float8, float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.become(); RETURN 1; END' //"
                        + " CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = public.far) // CREATE TABLE spans (s span) //"
                        + " INSERT INTO spans SELECT span(i, i + 1) FROM generate_series(1, 2000) i // CREATE INDEX ON spans USING gist (s)",
                "CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.yes(1); RETURN NEW; END' //"
                        + " CREATE TRIGGER fires BEFORE INSERT ON goods FOR EACH ROW EXECUTE FUNCTION public.fire() //"
                        + " ALTER TABLE goods ENABLE ALWAYS TRIGGER fires",
                "CREATE VIEW bent AS SELECT public.same(1) AS id // CREATE TABLE copy (i int) // CREATE RULE r AS ON INSERT TO copy"
                        + " DO ALSO SELECT public.same(1) // INSERT INTO copy VALUES (1)",
                "ALTER TABLE goods ENABLE ROW LEVEL SECURITY // CREATE POLICY p ON goods USING (public.yes(id))",
                "COMMENT ON TABLE goods IS E'x\\n\\\\! touch /tmp/no\\n' // COMMENT ON DATABASE postgres IS NULL"
            })
    void whatARestoreEvaluatesGetsNothing(String trap) {
        for (String statement : trap.split(" // ")) {
            if (!statement.startsWith("COMMENT ON DATABASE")) {
                asCarol(statement);
            }
        }

        restoredAsIfNothingWere(false);
        restoredAsIfNothingWere(true);
    }

    /** Owned by nobody with wider rights afterwards, whatever the set says: a function could then be called with them. */
    @Test
    void whatASuperuserOwnedIsNotGivenBackWithoutConsent() {
        SERVER.execute(
                database,
                "CREATE FUNCTION public.chief() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text'",
                "CREATE TABLE public.chiefs (i int)");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");

        RestorePlan plan = backups.plan(request);
        assertThat(plan.obstacles()).isEmpty();
        assertThat(plan.privileged()).singleElement().asString().contains("postgres");
        Restored restored = backups.restore(request, backups.progress());

        assertThat(restored.notes()).singleElement().asString().contains("sidecar_restored");
        assertThat(SERVER.query(database + "_copy", "SELECT public.chief()")).containsExactly("sidecar_restored");
        assertThat(SERVER.query(database + "_copy", "SELECT tableowner FROM pg_tables WHERE tablename = 'goods'"))
                .containsExactly("carol");

        RestoreRequest consented =
                RestoreRequest.intoNew(backup.id(), database + "_again").withConsent();
        assertThat(backups.restore(consented, backups.progress()).notes()).isEmpty();
        assertThat(SERVER.query(database + "_again", "SELECT public.chief()")).containsExactly("postgres");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE EXTENSION pg_stat_statements",
                "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.watching()",
                "CREATE PUBLICATION everything FOR ALL TABLES",
                "CREATE SUBSCRIPTION far CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false)",
                "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;"
                        + " CREATE USER MAPPING FOR carol SERVER far OPTIONS (password 'x')",
                "CREATE FUNCTION public.c_one(internal) RETURNS internal LANGUAGE internal AS 'prsd_lextype'",
                "CREATE FUNCTION public.leak(int) RETURNS int LEAKPROOF LANGUAGE sql AS 'SELECT 1'",
                "CREATE FUNCTION public.loud() RETURNS int SET log_statement TO 'all' LANGUAGE sql AS 'SELECT 1'",
                "CREATE CAST (money AS bigint) WITHOUT FUNCTION",
                "CREATE TEXT SEARCH TEMPLATE public.plain (INIT = dsimple_init, LEXIZE = dsimple_lexize)",
                "CREATE OPERATOR CLASS public.other FOR TYPE int4 USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int4)",
                "CREATE ACCESS METHOD stack TYPE TABLE HANDLER heap_tableam_handler",
                "CREATE TYPE public.number; CREATE FUNCTION public.number_in(cstring) RETURNS public.number LANGUAGE internal STRICT IMMUTABLE AS 'int4in';"
                        + " CREATE FUNCTION public.number_out(public.number) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'int4out';"
                        + " CREATE TYPE public.number (INPUT = public.number_in, OUTPUT = public.number_out, LIKE = int4)"
            })
    void whatOnlyAnAdministratorCanDoIsDoneOnlyWithConsent(String statement) {
        asCarol(
                "CREATE FUNCTION public.watching() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.yes(1); END'");
        SERVER.execute(database, statement);
        try {
            Backup backup = fixture.take(database);
            Backups backups = fixture.backups();
            RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");
            RestorePlan plan = backups.plan(request);
            assertThat(plan.obstacles()).isEmpty();
            assertThat(plan.privileged()).isNotEmpty();

            Restored without = backups.restore(request, backups.progress());
            assertThat(without.notes()).anyMatch(note -> note.startsWith("Left out"));
            assertThat(without.rows()).isEqualTo(100);
            nothingWasTaken();

            RestoreRequest consented =
                    RestoreRequest.intoNew(backup.id(), database + "_whole").withConsent();
            assertThat(backups.plan(consented).asksForConsent()).isFalse();
            Restored with = backups.restore(consented, backups.progress());
            assertThat(with.notes()).noneMatch(note -> note.startsWith("Left out"));
        } finally {
            for (String each :
                    SERVER.query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'carols%'")) {
                SERVER.query(
                                each,
                                "SELECT subname FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())")
                        .forEach(name -> SERVER.execute(
                                each, "ALTER SUBSCRIPTION far SET (slot_name = NONE)", "DROP SUBSCRIPTION far"));
            }
        }
    }

    /**
     * While it is loaded, all of a database belongs to one role, which its code runs as. What that leaves behind must not be given to
     * another owner, who would lend his rights to it from then on.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE FUNCTION public.loot() RETURNS void SECURITY DEFINER LANGUAGE sql AS 'ALTER ROLE treasurer PASSWORD guessed'",
                "CREATE OR REPLACE FUNCTION public.pay() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'ALTER ROLE treasurer PASSWORD guessed; SELECT 1'",
                "CREATE TRIGGER fires BEFORE INSERT ON public.accounts FOR EACH ROW EXECUTE FUNCTION public.fire()",
                "CREATE RULE also AS ON INSERT TO public.accounts DO ALSO SELECT public.same(1)",
                "ALTER TABLE public.accounts ALTER n SET DEFAULT public.same(1)",
                "CREATE OR REPLACE VIEW public.balance AS SELECT public.same(1) AS n",
                "CREATE VIEW public.window AS SELECT * FROM public.accounts",
                "ALTER TABLE public.accounts DISABLE ROW LEVEL SECURITY; CREATE POLICY all_of_it ON public.accounts USING (true)",
                "GRANT ALL ON public.accounts TO carol",
                "GRANT SELECT (n) ON public.accounts TO PUBLIC",
                "GRANT EXECUTE ON FUNCTION public.pay() TO carol"
            })
    void whatTheDatabasesCodeDidWhileItWasLoadedIsGivenToNobody(String planted) {
        SERVER.execute(
                database,
                "GRANT CREATE ON SCHEMA public TO treasurer",
                "SET SESSION AUTHORIZATION treasurer",
                "CREATE TABLE public.accounts (n int)",
                "CREATE VIEW public.balance AS SELECT 1 AS n",
                "CREATE FUNCTION public.pay() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'",
                "REVOKE ALL ON FUNCTION public.pay() FROM PUBLIC");
        SERVER.execute(
                database,
                "SET SESSION AUTHORIZATION treasurer",
                IntStream.range(0, 20)
                        .mapToObj("CREATE TABLE public.ledger_%d (n int)"::formatted)
                        .collect(Collectors.joining(";")));
        asCarol(
                "CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                """
                CREATE FUNCTION public.plant(int) RETURNS bool LANGUAGE plpgsql AS $trap$
                BEGIN
                  IF session_user LIKE 'sidecar_restore%%' AND $1 = 100 THEN EXECUTE '%s'; END IF;
                  RETURN true;
                END $trap$""".formatted(planted.replace("'", "''")),
                "ALTER TABLE goods ADD CHECK (public.plant(id))");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        assertThatThrownBy(() ->
                        backups.restore(RestoreRequest.intoNew(backup.id(), database + "_copy"), backups.progress()))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("while it was restored");
        assertThat(SERVER.query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'carols%'"))
                .containsExactly(database);
        nothingWasTaken();
    }

    /** As many rows as before, but others. One trap fires while rows are loaded, before those of the vault; the other when all are there. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT 1 | UPDATE public.vault SET n = n * 10 WHERE n = 1",
                "SELECT 1 | DELETE FROM public.vault WHERE n = 1; INSERT INTO public.vault VALUES (10)",
                "SELECT 1 | TRUNCATE public.vault; INSERT INTO public.vault SELECT 7 FROM generate_series(1, 5)",
                "SELECT 1 | ALTER TABLE public.vault ALTER n TYPE int USING n * 10",
                "SELECT 1 | DROP TABLE public.vault; CREATE TABLE public.vault (n int); INSERT INTO public.vault SELECT 7 FROM generate_series(1, 5)",
                "CREATE TRIGGER more BEFORE INSERT ON public.vault FOR EACH ROW EXECUTE FUNCTION public.more() | DROP TRIGGER more ON public.vault",
                "ALTER TABLE public.vault RENAME TO away; CREATE TABLE public.vault (n int)"
                        + " | DROP TABLE public.vault; ALTER TABLE public.away RENAME TO vault; INSERT INTO public.vault SELECT 7 FROM generate_series(1, 5)"
            })
    void rowsThatTheDatabasesCodeChangedWhileItWasLoadedAreGivenToNobody(String early, String late) {
        SERVER.execute(
                database,
                "GRANT CREATE ON SCHEMA public TO treasurer",
                "SET SESSION AUTHORIZATION treasurer",
                "CREATE TABLE public.vault (n int)",
                "INSERT INTO public.vault SELECT generate_series(1, 5)");
        asCarol(
                "CREATE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := NEW.n * 10; RETURN NEW; END'",
                plant("early", early),
                plant("late", late),
                "ALTER TABLE goods ADD CHECK (public.early(id))",
                "CREATE INDEX ON goods (public.late(id))");
        Backup backup = fixture.with("dump.jobs", 1).take(database);
        Backups backups = fixture.backups();

        assertThatThrownBy(() ->
                        backups.restore(RestoreRequest.intoNew(backup.id(), database + "_copy"), backups.progress()))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("Rows of public.vault were changed.");
        nothingWasTaken();
    }

    private static String plant(String name, String planted) {
        return """
                CREATE FUNCTION public.%s(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $trap$
                BEGIN
                  IF session_user LIKE 'sidecar_restore%%' AND $1 = 100 THEN PERFORM public.%1$s_run(); END IF;
                  RETURN true;
                END $trap$;
                CREATE FUNCTION public.%1$s_run() RETURNS void LANGUAGE plpgsql AS $trap$ BEGIN EXECUTE '%s'; END $trap$
                """.formatted(name, planted.replace("'", "''"));
    }

    /** It may change its own password, and whoever knows that logs in as it: it passes row security nowhere, and what it set does not last. */
    @Test
    void theRoleOfARestoreIsWorthNothingElsewhere() {
        asCarol(
                """
                CREATE FUNCTION public.open_up(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $trap$
                BEGIN
                  IF session_user LIKE 'sidecar_restore%' AND $1 = 100 THEN PERFORM public.opened_up(); END IF;
                  RETURN $1;
                END $trap$""",
                """
                CREATE FUNCTION public.opened_up() RETURNS void LANGUAGE plpgsql AS $trap$
                BEGIN
                  EXECUTE format('ALTER ROLE %I PASSWORD %L', session_user, 'guessed');
                  IF (SELECT rolbypassrls FROM pg_roles WHERE rolname = session_user) THEN COMMENT ON TABLE public.secrets IS 'passed'; END IF;
                END $trap$""",
                """
                CREATE FUNCTION public.fails(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $trap$
                BEGIN
                  IF session_user LIKE 'sidecar_restore%' THEN RAISE EXCEPTION 'fails with several jobs and with one'; END IF;
                  RETURN $1;
                END $trap$""",
                "ALTER TABLE goods ADD CHECK (public.open_up(id) = id)",
                "CREATE INDEX ON goods (public.fails(id))",
                "CREATE TABLE secrets (owner text)",
                "INSERT INTO secrets VALUES ('carol'), ('treasurer')",
                "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE secrets FORCE ROW LEVEL SECURITY",
                "CREATE POLICY own ON secrets USING (owner = current_user)",
                "CREATE MATERIALIZED VIEW all_secrets AS SELECT * FROM secrets");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");
        assertThatThrownBy(() -> backups.restore(request, backups.progress())).hasMessageContaining("goods_fails_idx");
        nothingWasTaken();

        RestoreRequest rest =
                RestoreRequest.intoNew(backup.id(), database + "_rest").pastErrors();
        assertThat(backups.restore(rest, backups.progress()).missing()).hasSize(1);
        assertThat(SERVER.query(database + "_rest", "SELECT count(*) FROM secrets"))
                .containsExactly("2");
        assertThat(SERVER.query(
                        database + "_rest",
                        "SELECT relforcerowsecurity AND relrowsecurity FROM pg_class WHERE relname = 'secrets'"))
                .containsExactly("t");
        assertThat(SERVER.query(database + "_rest", "SELECT obj_description('public.secrets'::regclass)"))
                .containsExactly((String) null);
        nothingWasTaken();
    }

    /** Nobody can say what a set defined that does not describe it. */
    @Test
    void aSetOfSeveralOwnersThatIsNotDescribedNeedsConsent() throws Exception {
        SERVER.execute(
                database,
                "GRANT CREATE ON SCHEMA public TO treasurer",
                "SET SESSION AUTHORIZATION treasurer",
                "CREATE TABLE public.vault (n int)");
        Backup backup = fixture.take(database);
        Manifest described = backup.manifest();
        TestSets.publish(
                new Manifest(
                        described.format(),
                        described.id(),
                        described.slot(),
                        described.startedAt(),
                        described.finishedAt(),
                        described.server(),
                        described.client(),
                        described.compression(),
                        described.encryption(),
                        described.files().stream()
                                .filter(file -> file.kind() != Manifest.FileKind.DESCRIPTION)
                                .toList(),
                        described.contents(),
                        described.origin(),
                        described.exclusions()),
                new LocalStore(fixture.store));
        Backups backups = fixture.backups();
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");

        assertThat(backups.plan(request).obstacles()).singleElement().asString().contains("--privileged");
        assertThatThrownBy(() -> backups.restore(request, backups.progress())).hasMessageContaining("several roles");
        assertThat(backups.plan(request.withConsent()).obstacles()).isEmpty();
        backups.restore(request.withConsent(), backups.progress());
    }

    @Test
    void objectsOfSeveralOwnersAreGivenBackToThem() {
        SERVER.execute(
                database,
                "GRANT CREATE ON SCHEMA public TO treasurer",
                "SET SESSION AUTHORIZATION treasurer",
                "CREATE TABLE public.accounts (n int)",
                "GRANT SELECT ON public.accounts TO PUBLIC",
                "CREATE FUNCTION public.pay() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'",
                "REVOKE ALL ON FUNCTION public.pay() FROM PUBLIC",
                "CREATE POLICY own ON public.accounts USING (n > 0)");
        asCarol("CREATE SCHEMA lent", "CREATE EXTENSION hstore SCHEMA lent", "CREATE TABLE lent.h (h lent.hstore)");

        restoredAsIfNothingWere(false);
    }

    @Test
    void aTableThatNeedsAnAdministratorIsABlocker() {
        SERVER.execute(
                database,
                "CREATE EXTENSION pg_stat_statements",
                "CREATE TABLE public.stats (s pg_stat_statements_info)");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");

        assertThat(backups.plan(request).obstacles())
                .singleElement()
                .asString()
                .contains("public.stats", "--privileged");
        assertThatThrownBy(() -> backups.restore(request, backups.progress())).isInstanceOf(BackupFailure.class);
        assertThat(backups.plan(request.withConsent()).obstacles()).isEmpty();
        backups.restore(request.withConsent(), backups.progress());
    }

    private void restoredAsIfNothingWere(boolean replace) {
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        String into = replace ? database : database + "_copy";
        RestoreRequest request = new RestoreRequest(backup.id(), into, replace, false, List.of());

        List<String> owners = SERVER.query(database, OWNERS);

        assertThat(backups.plan(request).privileged()).isEmpty();
        Restored restored = backups.restore(request, backups.progress());

        assertThat(restored.notes()).isEmpty();
        nothingWasTaken();
        assertThat(SERVER.query(into, "SELECT count(*) FROM goods")).containsExactly("100");
        assertThat(SERVER.query(into, OWNERS)).isEqualTo(owners);
    }

    private void nothingWasTaken() {
        assertThat(touched).doesNotExist();
        assertThat(SERVER.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'carol'"))
                .containsExactly("f");
        assertThat(SERVER.query("postgres", "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'treasurer'"))
                .containsExactly("t");
        assertThat(SERVER.query("postgres", "SELECT 1 FROM pg_auth_members WHERE member = 'carol'::regrole"))
                .isEmpty();
        assertThat(SERVER.query("postgres", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'sidecar_restore\\_%'"))
                .as("roles of restores that are over")
                .isEmpty();
    }

    private void asCarol(String... statements) {
        List<String> all = new ArrayList<>(List.of("SET SESSION AUTHORIZATION carol"));
        all.addAll(List.of(statements));
        SERVER.execute(database, all.toArray(String[]::new));
    }
}
