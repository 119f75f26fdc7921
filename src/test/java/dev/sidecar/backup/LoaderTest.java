package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.backup.Clients.Client;
import dev.sidecar.backup.Manifest.FileKind;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is particular about loading into a scratch server. */
class LoaderTest {

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;

    @BeforeEach
    void database() {
        fixture = new BackupFixture(server, folder).with("dump.own-archive-above", "1MB");
        database = server.createDatabase("loader");
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
    }

    /** Else a scratch server would need room for everything twice, and the time to write it. */
    @Test
    void rowsOfLargeTablesAreNotWrittenAhead() throws Exception {
        for (String table : new String[] {"first", "second"}) {
            server.execute(
                    database,
                    "CREATE TABLE " + table
                            + " AS SELECT i, repeat(md5(i::text), 10) AS t FROM generate_series(1, 20000) i");
        }
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().files(FileKind.TABLES)).hasSize(2);
        BackupProperties settings = fixture.properties();
        Client client = new Clients(settings.server().programs())
                .ofMajor(backup.manifest().server().major());

        try (ScratchServer scratch = ScratchServer.start(settings.scratch(), client, 0, Set.of());
                PasswordFile passwords = new PasswordFile(null)) {
            try (Connection connection = scratch.address().connect("postgres", "test")) {
                NewDatabase.createPlain(connection, "scratch", backup.manifest().server());
                NewDatabase.execute(connection, "CREATE ROLE " + Sql.quoted(server.user()));
                ContentsReader reader = new ContentsReader(connection);
                String before = reader.text("SELECT pg_current_wal_insert_lsn()");

                loader(backup, settings, client, scratch)
                        .loadIntoScratch(scratch.address().connectionString("scratch", passwords, "test"));

                String written =
                        reader.text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + before + "')::bigint");
                assertThat(backup.manifest().dumpBytes()).isGreaterThan(13_000_000);
                assertThat(Long.parseLong(written)).isLessThan(1_000_000);
            }
            try (Connection restored = scratch.address().connect("scratch", "test")) {
                assertThat(Differences.between(
                                backup.manifest().contents(), Loader.contents(restored, backup.manifest(), Set.of())))
                        .isEmpty();
            }
        }
    }

    private Loader loader(Backup backup, BackupProperties settings, Client client, ScratchServer scratch) {
        Backups backups = fixture.backups();
        SetReader reader = new SetReader(
                new LocalStore(fixture.store),
                backup.manifest(),
                new Encryption(settings.encryption()),
                backups.progress());
        return new Loader(reader, backup.manifest(), client, 2, scratch.folder());
    }

    @ParameterizedTest
    @CsvSource({"UTF8, Käse, 1", "LATIN1, cheese, 1", "LATIN1, Käse, 0"})
    void largeTablesMayBeCalledAnything(String encoding, String name, int archives) {
        String encoded = database + "_encoded";
        server.execute(
                "postgres",
                "CREATE DATABASE %s ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
                        .formatted(encoded, encoding));
        try {
            String schema = Sql.quoted(name + "; \\q");
            String table = Sql.quoted("order \":x\" 'y' $$ FROM stdin;");
            server.execute(
                    encoded,
                    "CREATE SCHEMA " + schema,
                    "CREATE TABLE %s.%s AS SELECT 'é\\.' || repeat(md5(i::text), 10) AS \"naïve FROM stdin;\" FROM generate_series(1, 10000) i"
                            .formatted(schema, table));
            Backup backup = fixture.take(encoded);
            assertThat(backup.manifest().files(FileKind.TABLES)).hasSize(archives);
            Backups backups = fixture.backups();

            Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());

            assertThat(verification.problems()).isEmpty();
            assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
        } finally {
            server.dropDatabase(encoded);
        }
    }

    @Test
    void aRowThatIsRefusedSaysWhichAndWhy() {
        server.execute(
                database,
                """
                CREATE FUNCTION fickle(int) RETURNS boolean LANGUAGE sql AS $$
                  SELECT $1 < 9000 OR pg_catalog.current_database() LIKE 'loader%' $$""",
                "CREATE TABLE checked (i int CHECK (fickle(i)), t text)",
                "INSERT INTO checked SELECT i, repeat(md5(i::text), 10) FROM generate_series(1, 10000) i");
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().files(FileKind.TABLES)).hasSize(1);
        Backups backups = fixture.backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());

        assertThat(verification.reached()).isEqualTo(VerificationLevel.L2);
        assertThat(verification.problems())
                .singleElement()
                .asString()
                .startsWith("psql ended with exit code 3")
                .contains("violates check constraint")
                .contains("(9000, ");
    }
}
