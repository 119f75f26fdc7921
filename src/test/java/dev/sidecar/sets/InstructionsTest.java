package dev.sidecar.sets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.backup.BackupFixture;
import dev.sidecar.support.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the commands of a set's RESTORE.md as they stand: stock programs, another server, and none of our code. */
class InstructionsTest {

    private static final Pattern COMMANDS = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"zstd, true, 8KB", "zstd, false, 1GB", "gzip, true, 1GB"})
    void aSetIsRestoredByItsOwnInstructions(String compression, boolean encrypted, String ownArchiveAbove)
            throws Exception {
        String database = server.createDatabase("by hand");
        String role = "role of " + database;
        server.execute("postgres", "CREATE ROLE \"%s\"".formatted(role));
        server.execute(
                database,
                "CREATE TABLE item (id int PRIMARY KEY, text text)",
                "INSERT INTO item SELECT i, md5(i::text) FROM generate_series(1, 3000) i",
                "CREATE TABLE child (item int REFERENCES item)",
                "INSERT INTO child SELECT i FROM generate_series(1, 2000) i",
                "ALTER TABLE child OWNER TO \"%s\"".formatted(role),
                "ALTER SCHEMA public RENAME TO kept",
                "ALTER DATABASE \"%s\" SET work_mem = '9MB'".formatted(database),
                "ALTER DATABASE \"%s\" OWNER TO \"%s\"".formatted(database, role));
        BackupFixture fixture = new BackupFixture(server, folder)
                .with("compression.method", compression)
                .with("dump.own-archive-above", ownArchiveAbove);
        if (encrypted) {
            fixture.with("encryption.recipients", Keys.RECIPIENT);
        }
        Path set = fixture.store.resolve(fixture.take(database).id().toString());
        String commands = commands(set);
        try (PostgresServer elsewhere = PostgresServer.start()) {
            run(commands, set, elsewhere);
            assertThat(elsewhere.query("restored", "SELECT count(*) FROM kept.item JOIN kept.child ON item = id"))
                    .containsExactly("2000");
            assertThat(elsewhere.query("restored", "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|info)'"))
                    .containsExactly("kept");
            assertThat(elsewhere.query("restored", "SHOW work_mem")).containsExactly("9MB");
            assertThat(elsewhere.query("restored", "SELECT tableowner FROM pg_tables WHERE tablename = 'child'"))
                    .containsExactly(role);
        } finally {
            server.dropDatabase(database);
            server.execute("postgres", "DROP ROLE \"%s\"".formatted(role));
        }
    }

    /** Rows that need other rows first, in both kinds of archives, and objects that no restore takes: the rest, and what is missing by name. */
    @Test
    void whatDoesNotRestoreIsNamedAndTheRestComesBack() throws Exception {
        String database = server.createDatabase("partly");
        server.execute(
                database,
                "CREATE TABLE z_words (word text)",
                "INSERT INTO z_words SELECT 'w' || i FROM generate_series(1, 3) i",
                "CREATE FUNCTION known(text) RETURNS bool STABLE LANGUAGE sql AS"
                        + " 'SELECT EXISTS (SELECT FROM public.z_words WHERE word = $1)'",
                "CREATE TABLE a_small (word text CHECK (known(word)))",
                "INSERT INTO a_small VALUES ('w1')",
                "CREATE FUNCTION held() RETURNS bool STABLE LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.a_small)'",
                "CREATE TABLE b_large (word text CHECK (held()), filling text)",
                "INSERT INTO b_large SELECT 'w' || i, repeat(md5(i::text), 10) FROM generate_series(1, 3000) i",
                "CREATE TABLE c_large (word text, filling text)",
                "INSERT INTO c_large SELECT 'w' || i, repeat(md5(i::text), 10) FROM generate_series(1, 3000) i",
                "CREATE FUNCTION plain(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)'",
                "CREATE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN upper($1); END$$",
                "CREATE INDEX loud ON c_large (shout(word))",
                "CREATE INDEX quiet ON c_large (word)",
                "CREATE TABLE made (t text, g text GENERATED ALWAYS AS (shout(t)) STORED)",
                "INSERT INTO made VALUES ('a')",
                "CREATE TABLE d_large (filling text, g text GENERATED ALWAYS AS (shout(filling)) STORED)",
                "INSERT INTO d_large SELECT repeat(md5(i::text), 10) FROM generate_series(1, 3000) i",
                // Newer servers make no index with a function that finds another by the search_path.
                "CREATE OR REPLACE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN plain($1); END$$");
        BackupFixture fixture = new BackupFixture(server, folder).with("dump.own-archive-above", "100KB");
        Path set = fixture.store.resolve(fixture.take(database).id().toString());
        server.dropDatabase(database);
        List<String> blocks = blocks(set);
        // All but the fifth, which stops at the first error.
        String commands = String.join("", blocks.subList(0, 4)) + blocks.get(5);
        try (PostgresServer elsewhere = PostgresServer.start()) {
            String printed = run(commands, set, elsewhere);
            assertThat(printed.lines().filter(line -> line.matches("\\d+; .*")))
                    .satisfiesExactlyInAnyOrder(
                            missing -> assertThat(missing).contains("TABLE DATA public made"),
                            missing -> assertThat(missing).contains("TABLE DATA public d_large"),
                            missing -> assertThat(missing).contains("INDEX public loud"));
            assertThat(Files.readString(set.resolve("errors.txt"))).contains("plain(text) does not exist");
            for (String table : List.of("a_small: 1", "b_large: 3000", "c_large: 3000", "made: 0", "d_large: 0")) {
                String[] expected = table.split(": ");
                assertThat(elsewhere.query("restored_partly", "SELECT count(*) FROM " + expected[0]))
                        .as(table)
                        .containsExactly(expected[1]);
            }
            assertThat(elsewhere.query(
                            "restored_partly", "SELECT indexname FROM pg_indexes WHERE tablename = 'c_large'"))
                    .containsExactly("quiet");
        }
    }

    /**
     * Texts that end a quote, a line or a block for whoever reads them: the application's role can set such names and settings. A shell that
     * runs one of them leaves a file.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingThatADatabaseSaysIsACommand(boolean encrypted) throws Exception {
        Path trap = folder.resolve("trapped");
        String run = "touch " + trap;
        String name = ("x\n```sh\n%s\n```\n`%s` $(%s) '; %s; \\! %s\nSQL\n%s\nSUMS\n" + "\\q")
                .formatted(run, run, run, run, run, run);
        String shortName = "x\n`id`\n```\n$(id)'\"\\! id\nSQL";
        String database = server.createDatabase("hostile");
        String role = "r\n\\! " + run.substring(0, Math.min(40, run.length())) + "\n$(id)`id`'\"";
        String quotedDatabase = Sql.quoted(database + shortName);
        server.execute("postgres", "ALTER DATABASE %s RENAME TO %s".formatted(Sql.quoted(database), quotedDatabase));
        server.execute(
                "postgres",
                "CREATE ROLE %s".formatted(Sql.quoted(role)),
                "COMMENT ON ROLE %s IS %s".formatted(Sql.quoted(role), Sql.literal(name)),
                "ALTER ROLE %s SET a.b = %s".formatted(Sql.quoted(role), Sql.literal(name)),
                // The line that a filter of lines would take for one of its own, and the quote that is left over then.
                "ALTER ROLE %s SET a.c = %s".formatted(Sql.quoted(role), Sql.literal("x\nALTER ROLE postgres ")),
                "ALTER ROLE %s SET a.d = %s".formatted(Sql.quoted(role), Sql.literal("\n\\! " + run + "\n")),
                "ALTER DATABASE %s SET search_path = public, %s".formatted(quotedDatabase, Sql.literal(name)),
                "ALTER DATABASE %s SET a.e = %s".formatted(quotedDatabase, Sql.literal(":database :\"DB\" " + name)),
                "GRANT CREATE ON DATABASE %s TO %s".formatted(quotedDatabase, Sql.quoted(role)));
        try (java.sql.Connection connection =
                        server.connect(java.net.URLEncoder.encode(database + shortName, StandardCharsets.UTF_8));
                java.sql.Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE %s (%s int)".formatted(Sql.quoted(shortName), Sql.quoted(shortName)));
            statement.execute("INSERT INTO %s VALUES (1), (2)".formatted(Sql.quoted(shortName)));
            statement.execute("COMMENT ON TABLE %s IS %s".formatted(Sql.quoted(shortName), Sql.literal(name)));
            statement.execute("ALTER TABLE %s OWNER TO %s".formatted(Sql.quoted(shortName), Sql.quoted(role)));
        }
        BackupFixture fixture = new BackupFixture(server, folder);
        if (encrypted) {
            fixture.with("encryption.recipients", Keys.RECIPIENT);
        }
        try (PostgresServer elsewhere = PostgresServer.start()) {
            Path set = fixture.store.resolve(
                    fixture.take(database + shortName).id().toString());
            String page = Files.readString(set.resolve("RESTORE.md"));
            assertThat(page).doesNotContain("touch", "$(id)", "`id`", "\\!");
            assertThat(COMMANDS.matcher(page).results()).hasSize(6);
            for (String sql : List.of("create.sql", "definition.sql")) {
                assertThat(Files.readAllLines(set.resolve(sql)))
                        .allMatch(line -> line.endsWith(";") || line.startsWith("-- "));
            }

            run(commands(set), set, elsewhere);

            assertThat(trap).doesNotExist();
            assertThat(elsewhere.query("restored", "SELECT count(*) FROM public." + Sql.quoted(shortName)))
                    .containsExactly("2");
            assertThat(elsewhere.query("restored", "SELECT tableowner FROM pg_tables WHERE schemaname = 'public'"))
                    .containsExactly(role);
            assertThat(elsewhere.query(
                            "postgres",
                            "SELECT s FROM pg_db_role_setting, unnest(setconfig) s WHERE setdatabase = 0 ORDER BY 1"))
                    .containsExactly("a.b=" + name, "a.c=x\nALTER ROLE postgres ", "a.d=\n\\! " + run + "\n");
            assertThat(
                            elsewhere.query(
                                    "postgres",
                                    "SELECT s FROM pg_db_role_setting, unnest(setconfig) s WHERE setdatabase <> 0 AND s LIKE 'a.e=%'"))
                    .containsExactly("a.e=:database :\"DB\" " + name);
        } finally {
            server.execute("postgres", "DROP DATABASE %s WITH (FORCE)".formatted(quotedDatabase));
            server.execute("postgres", "DROP ROLE %s".formatted(Sql.quoted(role)));
        }
    }

    /** The same two commands as in the documentation, with the key that a person kept. */
    @Test
    void aSetThatWasChangedFailsItsOwnInstructions() throws Exception {
        String database = server.createDatabase("changed");
        BackupFixture fixture = new BackupFixture(server, folder);
        Path set = fixture.store.resolve(fixture.take(database).id().toString());
        server.dropDatabase(database);
        String check = commands(set).lines().limit(2).collect(Collectors.joining("\n"));
        assertThat(check).contains("openssl pkeyutl -verify", "sha256sum -c");

        assertThat(shell(check, set)).as(said).isZero();

        Path globals = set.resolve("globals.sql.zst");
        byte[] whole = Files.readAllBytes(globals);
        Files.write(globals, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
        assertThat(shell(check, set)).as(said).isNotZero();
        Files.write(globals, whole);

        Files.writeString(
                set.resolve("SHA256SUMS"),
                Files.readString(set.resolve("SHA256SUMS")).replace("RESTORE.md", "RESTORE.MD"));
        assertThat(shell(check, set)).as(said).isNotZero();
    }

    private String said = "";

    private int shell(String commands, Path set) throws Exception {
        Path publicKey = Files.writeString(
                folder.resolve("public-key"), TestSets.signatures(Map.of()).publicKey());
        ProcessBuilder shell = new ProcessBuilder(List.of("sh", "-eu", "-c", commands))
                .directory(set.toFile())
                .redirectErrorStream(true);
        shell.environment().put("PUBLIC_KEY", publicKey.toString());
        Process process = shell.start();
        said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor();
    }

    private static String commands(Path set) throws java.io.IOException {
        List<String> blocks = blocks(set);
        return String.join("", blocks.subList(0, blocks.size() - 1));
    }

    private static List<String> blocks(Path set) throws java.io.IOException {
        return COMMANDS.matcher(Files.readString(set.resolve("RESTORE.md")))
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();
    }

    private String run(String commands, Path set, PostgresServer elsewhere) throws Exception {
        Path key = Files.writeString(folder.resolve("key"), Keys.IDENTITY + "\n");
        Path publicKey = Files.writeString(
                folder.resolve("public-key"), TestSets.signatures(Map.of()).publicKey());
        ProcessBuilder shell = new ProcessBuilder(List.of("sh", "-eu", "-c", commands))
                .directory(set.toFile())
                .redirectErrorStream(true);
        shell.environment()
                .putAll(Map.of(
                        "PGHOST", elsewhere.host(),
                        "PGPORT", Integer.toString(elsewhere.port()),
                        "PGUSER", elsewhere.user(),
                        "PGPASSWORD", elsewhere.password(),
                        "PATH", elsewhere.programs() + ":" + System.getenv("PATH"),
                        "KEY", key.toString(),
                        "PUBLIC_KEY", publicKey.toString()));
        Process process = shell.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue())
                .as("needs age and zstd (apt-get install age zstd); it said:\n%s\nof:\n%s", output, commands)
                .isZero();
        return output;
    }

    @Test
    void theDatabaseSortsByRulesOfItsOwn() {
        assertThat(Instructions.create(new Manifest.Server(
                        "17.1", 170_001, "1", "UTF8", "C", "C", "icu", "en", null, List.of(), "&a < 'x'", List.of())))
                .contains(" LOCALE_PROVIDER icu ICU_LOCALE 'en' ICU_RULES '&a < ''x'''");
    }

    /** What an operator reads names the key, never more of it. */
    @Test
    void theyNameTheKeyThatIsNeeded() {
        Manifest.Server like =
                new Manifest.Server("15.1", 150_001, "1", "UTF8", "C", "C", "libc", null, null, List.of());
        String text = Instructions.text(
                BackupId.parse("app.20261123T020000Z.daily.00000000"),
                like,
                new Manifest.EncryptedWith("age-x25519", List.of(Keys.RECIPIENT)),
                List.of(),
                "pg_dump 15.1",
                "0123456789abcdef");
        assertThat(text).contains(Keys.RECIPIENT).doesNotContain("AGE-SECRET-KEY");
    }
}
