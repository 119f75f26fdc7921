package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.NewDatabase;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.SetReader;
import dev.sidecar.sets.Sql;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loading into a scratch server has its own traps. */
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
        assertThat(backup.manifest().dumpBytes()).isGreaterThan(13_000_000);

        assertThat(load(backup, 2, scratch -> {})).isLessThan(1_000_000);
    }

    /** A reference would look for a row that is yet to come, and a view be filled from a table that still seems empty. */
    @Test
    void keysAndViewsComeAfterAllRows() throws Exception {
        server.execute(
                database,
                "CREATE TABLE small_last AS SELECT i AS id FROM generate_series(1, 1000) i",
                "ALTER TABLE small_last ADD PRIMARY KEY (id)",
                "CREATE TABLE parent AS SELECT i AS id, i % 1000 + 1 AS small, repeat(md5(i::text), 10) AS t FROM generate_series(1, 20000) i",
                "ALTER TABLE parent ADD PRIMARY KEY (id), ADD FOREIGN KEY (small) REFERENCES small_last",
                "CREATE TABLE child AS SELECT i AS id, 20001 - i AS parent, repeat(md5(i::text), 10) AS t FROM generate_series(1, 20000) i",
                "ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent",
                "CREATE TABLE keyless AS SELECT i AS id, repeat(md5(i::text), 10) AS t FROM generate_series(1, 40000) i",
                "CREATE MATERIALIZED VIEW seen AS SELECT id FROM keyless");
        for (int i = 0; i < 20; i++) {
            server.execute(
                    database,
                    "CREATE TABLE small_%02d AS SELECT i %% 1000 + 1 AS id, repeat('x', 20) AS t FROM generate_series(1, 12000) i"
                            .formatted(i),
                    "ALTER TABLE small_%02d ADD FOREIGN KEY (id) REFERENCES small_last".formatted(i));
        }
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().files(FileKind.TABLES)).hasSize(3);

        // Nothing has to wait for a free hand.
        load(backup, 8, scratch -> {
            try (Session restored = scratch.address().connect("scratch", "test")) {
                assertThat(restored.text("SELECT count(*) FROM public.seen")).isEqualTo("40000");
            }
        });
    }

    /** pg_dump has such rows loaded through the parent: into partitions that another archive may be filling. */
    @Test
    void rowsOfPartitionsByHashOfAnEnumMayArriveInOthersButAllOfThemDo() {
        fixture.with("dump.digests", true);
        server.execute(
                database,
                "CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'black', 'white', 'grey', 'pink', 'brown')",
                "CREATE TABLE thing (c colour, t text) PARTITION BY HASH (c)",
                "CREATE TABLE thing_0 PARTITION OF thing FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE thing_1 PARTITION OF thing FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "INSERT INTO thing SELECT (enum_range(NULL::colour))[1 + i % 8], repeat(md5(i::text), 10) FROM generate_series(1, 60000) i");
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().files(FileKind.TABLES)).hasSize(2);
        Backups backups = fixture.backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);

        String into = database + "_again";
        try {
            backups.restore(RestoreRequest.intoNew(backup.id(), into), backups.progress());
            assertThat(server.query(into, "SELECT count(*) FROM thing")).containsExactly("60000");
        } finally {
            server.dropDatabase(into);
        }
    }

    @Test
    void aRowThatIsMissingFromThePartitionsIsNoticed() throws Exception {
        server.execute(
                database,
                "CREATE TYPE size AS ENUM ('small', 'large')",
                "CREATE TABLE box (s size, i int) PARTITION BY HASH (s)",
                "CREATE TABLE box_0 PARTITION OF box FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
                "INSERT INTO box VALUES ('small', 1), ('large', 2)");
        Manifest manifest = fixture.with("dump.digests", true).take(database).manifest();
        try (Session session = fixture.postgres().address().connect(database, "test")) {
            ContentsReader reader = new ContentsReader(session);
            for (String change : List.of("UPDATE box SET i = 3 WHERE i = 2", "DELETE FROM box WHERE i = 3")) {
                assertThat(reader.partitionsByHashOfEnum()).containsExactly(Map.entry("public.box_0", "public.box"));
                server.execute(database, change);
                assertThat(Differences.between(
                                manifest.contents(),
                                Loader.contents(session, manifest, Set.of()),
                                reader.partitionsByHashOfEnum()))
                        .singleElement()
                        .asString()
                        .contains("partitions of public.box");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            pg_restore ~ case "$1" in --file=-) "$REAL" "$@" | head -c 1000000; exit 9 ;; *) exec "$REAL" "$@" ;; esac
            psql ~ case "$*" in *--single-transaction*) exit 9 ;; *) exec "$REAL" "$@" ;; esac
            pg_restore ~ case "$*" in *post-data*--jobs*) "$REAL" "$@"; exit 9 ;; *) exec "$REAL" "$@" ;; esac
            """)
    void ofTwoProgramsTheOneThatDiedIsNamed(String program, String script) throws Exception {
        server.execute(
                database,
                "CREATE TABLE first AS SELECT repeat(md5(i::text), 10) AS t, i FROM generate_series(1, 10000) i",
                // Nothing drops a database where one is.
                "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE)");
        Backup backup = fixture.take(database);
        server.execute(database, "DROP SUBSCRIPTION s");
        assertThat(backup.manifest().files(FileKind.TABLES)).hasSize(1);
        // The server's programs run as another user than root, and are in here too.
        folder.toFile().setExecutable(true, false);
        folder.toFile().setReadable(true, false);
        fixture.withProgram(program, script);
        Backups backups = fixture.backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());

        assertThat(verification.problems()).isEmpty();
        assertThat(verification.notes())
                .anySatisfy(note -> assertThat(note)
                        .startsWith("It did not restore with several parallel jobs")
                        .contains(program + " ended with exit code 9"));
    }

    @Test
    void veryManyTablesAreRestoredOneAfterTheOtherWhereTheParallelWayIsSlow() {
        assertThat(Loader.jobs(100_000, 15, 4)).isEqualTo(1);
        assertThat(Loader.jobs(100_000, 17, 4)).isEqualTo(4);
        assertThat(Loader.jobs(3_000, 15, 4)).isEqualTo(4);
    }

    @Test
    void anyTableOfAnArchiveThatManyShareCanBeRestoredAlone() {
        fixture.with("dump.jobs", 1);
        for (int i = 0; i < 8; i++) {
            server.execute(
                    database,
                    "CREATE TABLE shared_%d AS SELECT i, repeat(md5(i::text), 10) AS t FROM generate_series(1, 5000) i"
                            .formatted(i));
        }
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().files(FileKind.TABLES)).hasSizeLessThan(8);
        Backups backups = fixture.backups();

        for (int i = 0; i < 8; i++) {
            String into = database + "_alone";
            try {
                Restored restored = backups.restore(
                        new RestoreRequest(backup.id(), into, false, false, List.of("public.shared_" + i)),
                        backups.progress());
                assertThat(restored.rows()).isEqualTo(5000);
            } finally {
                server.dropDatabase(into);
            }
        }
    }

    private interface Look {
        void at(ScratchServer scratch) throws Exception;
    }

    /** Loads a backup, which must then be equal. @return bytes of the scratch server's log */
    private long load(Backup backup, int jobs, Look look) throws Exception {
        Client client =
                fixture.postgres().programs().ofMajor(backup.manifest().server().major());
        try (ScratchServer scratch = fixture.postgres().scratchServer(client, 0, Set.of());
                Session session = scratch.address().connect("postgres", "test")) {
            NewDatabase.createPlain(session, "scratch", backup.manifest().server());
            session.execute("CREATE ROLE " + Sql.quoted(server.user()));
            String before = session.text("SELECT pg_current_wal_insert_lsn()");

            loader(backup, client, scratch, jobs)
                    .loadIntoScratch(
                            scratch.connectionString("scratch"),
                            () -> scratch.address().connect("scratch", "test"));

            String written =
                    session.text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + before + "')::bigint");
            try (Session restored = scratch.address().connect("scratch", "test")) {
                assertThat(Differences.between(
                                backup.manifest().contents(),
                                Loader.contents(restored, backup.manifest(), Set.of()),
                                Map.of()))
                        .isEmpty();
            }
            look.at(scratch);
            return Long.parseLong(written);
        }
    }

    private Loader loader(Backup backup, Client client, ScratchServer scratch, int jobs) {
        Backups backups = fixture.backups();
        SetReader reader = new SetReader(
                new LocalStore(fixture.store), backup.manifest(), fixture.encryption(), backups.progress());
        return new Loader(reader, backup.manifest(), client, jobs, scratch);
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
    void aRowThatIsRefusedSaysWhyAndNothingOfWhatIsInIt() {
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
                .startsWith("TABLE DATA checked postgres did not restore")
                .contains("violates check constraint")
                .contains("checked_i_check")
                .doesNotContain("9000");
    }
}
