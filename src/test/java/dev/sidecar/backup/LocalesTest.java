package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.TestSets;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases whose texts are encoded and sorted otherwise than those of the server's others. */
class LocalesTest {

    private static final String DATABASE = "sorted otherwise";

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    @AfterEach
    void drop() {
        server.dropDatabase(DATABASE);
        server.dropDatabase(DATABASE + " again");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ENCODING 'UTF8' LOCALE 'C'                                                        | C",
                "ENCODING 'LATIN1' LOCALE 'C'                                                      | C",
                "ENCODING 'SQL_ASCII' LOCALE 'C'                                                   | C",
                "ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'           | de-AT",
                "ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'en-u-kn-true'    | en-u-kn-true"
            })
    void keepsEncodingAndOrder(String options, String locale) throws Exception {
        create(options);
        BackupFixture fixture = new BackupFixture(server, folder).with("dump.digests", true);
        Backup backup = fixture.take(DATABASE);
        // Newer servers write the shortest form.
        assertThat(backup.manifest().server().localeName()).isIn(locale, locale.replaceFirst("-true$", ""));

        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        // From PostgreSQL 18 on NOT NULL is a constraint.
        assertThat(verification.notes().get(0)).isIn("10 definitions were compared.", "11 definitions were compared.");
        assertThat(verification.notes().subList(1, verification.notes().size()))
                .containsExactly("Tables and indexes were checked with amcheck.");

        RestoreRequest request = RestoreRequest.intoNew(backup.id(), DATABASE + " again");
        RestorePlan plan = backups.plan(request);
        assertThat(plan.obstacles()).isEmpty();
        assertThat(plan.warnings())
                .hasSize(options.contains("SQL_ASCII") ? 1 : 0)
                .allMatch(w -> w.contains("SQL_ASCII"));
        backups.restore(request, backups.progress());
        String settings =
                "SELECT pg_encoding_to_char(encoding) || datlocprovider::text || datcollate || coalesce(to_jsonb(d) ->> 'datlocale',"
                        + " to_jsonb(d) ->> 'daticulocale', '') FROM pg_database d WHERE datname = '%s'";
        assertThat(server.query("postgres", settings.formatted(DATABASE + " again")))
                .isEqualTo(server.query("postgres", settings.formatted(DATABASE)));
        String bytes = "SELECT encode(name::bytea, 'hex') FROM word ORDER BY name";
        assertThat(server.query(DATABASE + " again", bytes)).isEqualTo(server.query(DATABASE, bytes));
    }

    /** An archive has names in the encoding of its database, and what restores it gives the things of these names to their owners. */
    @ParameterizedTest
    @CsvSource({"LATIN1, größe", "EUC_JP, 表の名", "WIN1251, имя"})
    void namesInTheLettersOfTheDatabase(String encoding, String name) {
        server.execute(
                "postgres", "CREATE ROLE letters", "CREATE ROLE \"öl\"", "COMMENT ON ROLE \"öl\" IS E'two\nlines'");
        try {
            create("ENCODING '%s' LOCALE 'C'".formatted(encoding), "'last'");
            for (String statement : List.of(
                    "CREATE TABLE \"N\" (\"N\" text)",
                    "INSERT INTO \"N\" SELECT repeat('N', 20) FROM generate_series(1, 2000)",
                    "CREATE FUNCTION \"fN\"(text) RETURNS text LANGUAGE sql AS $$SELECT 'N'::text$$",
                    "CREATE TYPE \"tN\" AS ENUM ('N')",
                    "CREATE EXTENSION file_fdw",
                    "CREATE SERVER s FOREIGN DATA WRAPPER file_fdw",
                    "CREATE FOREIGN TABLE far (line text) SERVER s OPTIONS (filename '/dev/null')",
                    "CREATE MATERIALIZED VIEW \"mN\" AS SELECT * FROM far",
                    "ALTER FOREIGN TABLE far OPTIONS (SET filename '/nowhere')",
                    "ALTER TABLE \"N\" OWNER TO letters",
                    "ALTER FUNCTION \"fN\" OWNER TO letters",
                    "ALTER TYPE \"tN\" OWNER TO letters")) {
                server.execute(DATABASE, statement.replaceAll("N(?=[\"'])", name));
            }
            // Names of roles have the letters of the database that they were made in.
            server.execute(
                    "postgres",
                    "ALTER DATABASE \"%s\" OWNER TO \"öl\"".formatted(DATABASE),
                    "GRANT CREATE ON DATABASE \"%s\" TO \"öl\" WITH GRANT OPTION".formatted(DATABASE),
                    "ALTER ROLE \"öl\" IN DATABASE \"%s\" SET work_mem = '8MB'".formatted(DATABASE));
            server.execute(
                    DATABASE,
                    "DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE word OWNER TO %I', rolname) FROM pg_roles"
                            + " WHERE rolname > 'z' COLLATE \"C\"); END $$",
                    "ALTER DATABASE \"%s\" SET app.note = '%s'".formatted(DATABASE, name));
            BackupFixture fixture = new BackupFixture(server, folder).with("dump.own-archive-above", "100KB");
            Backup backup = fixture.take(DATABASE);
            Backups backups = fixture.backups();
            Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
            assertThat(verification.problems()).isEmpty();
            assertThat(verification.notes()).anyMatch(note -> note.contains("m" + name));

            Restored restored = backups.restore(
                    RestoreRequest.intoNew(backup.id(), DATABASE + " again").withConsent(), backups.progress());
            assertThat(restored.differences()).isEmpty();
            assertThat(restored.notes()).singleElement().asString().contains("m" + name);
        } finally {
            drop();
            server.execute("postgres", "DROP ROLE letters", "DROP ROLE \"öl\"");
        }
    }

    @Test
    void bytesThatAreNoLettersAreRefusedWithTheirNames() {
        create("ENCODING 'SQL_ASCII' LOCALE 'C'");
        server.execute(DATABASE, "DO $$ BEGIN EXECUTE format('CREATE TABLE %I (i int)', E'gr\\xf6sse'); END $$");
        assertThatThrownBy(() -> new BackupFixture(server, folder).take(DATABASE))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("table public.\"gr\\xf6sse\"")
                .hasMessageContaining("no encoding (SQL_ASCII)");
    }

    /** As on a host with another operating system: the server lies, so the manifest is changed instead. */
    @ParameterizedTest
    @ValueSource(strings = {"de-AT", "xx-nowhere"})
    void warnsOfAnotherVersionOfTheCollation(String locale) throws Exception {
        create("ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'");
        BackupFixture fixture = new BackupFixture(server, folder);
        Backup backup = fixture.take(DATABASE);
        String known = backup.manifest().server().collationVersion();
        assertThat(known).isNotBlank();
        rewrite(fixture, backup, server -> taken(server, server.collate(), locale, "1.2.3"));

        RestorePlan plan = fixture.backups().plan(RestoreRequest.intoNew(backup.id(), DATABASE + " again"));

        assertThat(plan.warnings())
                .containsExactly("Collation %s had version 1.2.3 and has %s here: texts may sort differently."
                        .formatted(locale, known));
    }

    /** The databases of a server share their roles, in bytes: no backup of any of them can be taken, and PostgreSQL names no role. */
    @Test
    void aRoleWithTheLettersOfAnotherDatabase() throws Exception {
        create("ENCODING 'LATIN1' LOCALE 'C'");
        server.execute(DATABASE, "CREATE ROLE \"grün\"");
        try {
            BackupFixture fixture = new BackupFixture(server, folder);
            assertThatThrownBy(() -> fixture.take(DATABASE))
                    .isInstanceOf(BackupFailure.class)
                    .hasMessageContaining("role gr\\xfcn")
                    .hasMessageContaining("Rename it there");
            server.execute(DATABASE, "ALTER ROLE \"grün\" RENAME TO gruen");
            assertThat(fixture.take(DATABASE).manifest().contents().tables()).hasSize(1);
        } finally {
            server.execute(DATABASE, "DROP ROLE IF EXISTS \"grün\", gruen");
        }
    }

    @Test
    void aLocaleThatIsNotInstalledHereIsProvenUnderAnotherOrderAndSaidSo() throws Exception {
        create("ENCODING 'UTF8' LOCALE 'C'");
        BackupFixture fixture = new BackupFixture(server, folder);
        Backup backup = fixture.take(DATABASE);
        rewrite(fixture, backup, server -> taken(server, "xx_XX.utf8", null, null));

        Backups backups = fixture.backups();
        assertThat(backups.plan(RestoreRequest.intoNew(backup.id(), DATABASE + " again"))
                        .obstacles())
                .containsExactly("Locale xx_XX.utf8 is not installed on this server.");
        Verification verification = backups.verify(backups.get(backup.id()), VerificationLevel.L4, backups.progress());
        assertThat(verification.reached())
                .as(verification.problems().toString())
                .isEqualTo(VerificationLevel.L4);
        assertThat(verification.notes())
                .contains("The locale xx_XX.utf8 is not installed here; it was verified under another sort order.");
    }

    private void create(String options) {
        create(options, options.contains("SQL_ASCII") ? "E'\\xc4bra'" : "E'\\u00c4bra'");
    }

    private void create(String options, String last) {
        server.execute("postgres", "CREATE DATABASE \"%s\" TEMPLATE template0 %s".formatted(DATABASE, options));
        server.execute(
                DATABASE,
                "CREATE TABLE word (name text PRIMARY KEY)",
                "INSERT INTO word SELECT 'w' || i FROM generate_series(1, 500) i",
                "INSERT INTO word VALUES ('Zebra'), ('zebra'), ('aebra')",
                // A client of LATIN1 would have left this there; SQL_ASCII takes anything.
                "INSERT INTO word VALUES (%s)".formatted(last));
    }

    private static Manifest.Server taken(
            Manifest.Server server, String collate, @Nullable String icuLocale, @Nullable String collationVersion) {
        return new Manifest.Server(
                server.version(),
                server.versionNumber(),
                server.systemIdentifier(),
                server.encoding(),
                collate,
                server.ctype(),
                server.localeProvider(),
                icuLocale,
                collationVersion,
                server.definition());
    }

    private static void rewrite(BackupFixture fixture, Backup backup, UnaryOperator<Manifest.Server> elsewhere)
            throws Exception {
        Manifest m = backup.manifest();
        Manifest changed = new Manifest(
                m.format(),
                m.id(),
                m.slot(),
                m.startedAt(),
                m.finishedAt(),
                elsewhere.apply(m.server()),
                m.client(),
                m.compression(),
                m.encryption(),
                m.files(),
                m.contents());
        TestSets.publish(changed.of(m.origin()), new LocalStore(fixture.store));
    }
}
