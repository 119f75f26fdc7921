package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.SetReader;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.support.PostgresImage;
import dev.sidecar.support.PostgresPrograms;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.StackImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two majors of PostgreSQL side by side: the installed one, and a newer one out of its image. */
@Tag("docker")
class MajorsTest {

    private static final String IMAGE = StackImage.of("postgres");

    private static Path image;
    private static PostgresServer older;
    private static PostgresServer newer;
    private static Path newerPrograms;

    @TempDir
    private Path folder;

    private String database;
    private String into;

    @BeforeAll
    static void start() throws Exception {
        image = Files.createTempDirectory("sidecar-postgres-image-");
        image.toFile().setExecutable(true, false);
        image.toFile().setReadable(true, false);
        newerPrograms = PostgresImage.extract(IMAGE, image);
        older = PostgresServer.shared();
        newer = PostgresServer.start(newerPrograms);
        assertThat(major(newer)).isGreaterThan(major(older));
    }

    @AfterAll
    static void stop() throws Exception {
        if (newer != null) {
            newer.close();
        }
        try (var files = Files.walk(image)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @BeforeEach
    void databases() {
        database = older.createDatabase("majors");
        into = database + "_again";
        newer.execute("postgres", "CREATE DATABASE " + database);
        for (PostgresServer server : new PostgresServer[] {older, newer}) {
            server.execute(
                    database,
                    "CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, at timestamptz)",
                    "INSERT INTO item (name, at) SELECT 'item ' || i, now() FROM generate_series(1, 200) i",
                    "CREATE MATERIALIZED VIEW items AS SELECT count(*) FROM item");
        }
    }

    @AfterEach
    void drop() {
        for (PostgresServer server : new PostgresServer[] {older, newer}) {
            server.dropDatabase(database);
            server.dropDatabase(into);
        }
    }

    @Test
    void aServerForWhichThereIsNoClientIsRefusedBeforeAnythingBegins() throws Exception {
        BackupFixture fixture =
                of(newer).with("server.programs", PostgresPrograms.directory().toString());
        assertThatThrownBy(() -> fixture.take(database))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.VERSION))
                .hasMessageContaining("postgresql-client-" + major(newer));
        assertThat(fixture.stored()).isEmpty();
    }

    /** As after an upgrade of the server: nobody has to tell the sidecar. */
    @Test
    void eachServerIsReadByTheClientOfItsOwnMajor() {
        for (PostgresServer server : new PostgresServer[] {older, newer}) {
            BackupFixture fixture = of(server);
            Backup backup = fixture.take(database);
            assertThat(backup.manifest().client()).startsWith("pg_dump " + major(server) + ".");
            assertThat(backup.manifest().server().major()).isEqualTo(major(server));
            assertProven(fixture, backup);
        }
    }

    /** As after an upgrade of the image: the programs of the old major are gone, its backups are not. */
    @Test
    void aBackupOfAnOlderMajorIsProvenInTheNewerOneThatIsThere() {
        Backup backup = of(older).take(database);
        Backups backups =
                of(newer).with("server.programs", newerPrograms.toString()).backups();

        Verification found = backups.verify(backups.get(backup.id()), VerificationLevel.L4, backups.progress());

        assertThat(found.problems()).isEmpty();
        assertThat(found.reached()).isEqualTo(VerificationLevel.L4);
        assertThat(found.notes()).anyMatch(note -> note.contains("verified in " + major(newer)));
    }

    @ParameterizedTest
    @CsvSource({"older,older,", "older,newer,", "newer,newer,", "newer,older,an older server cannot restore it"})
    void goesIntoTheSameMajorOrANewerOne(String from, String to, String obstacle) {
        Backup backup = of(named(from)).take(database);
        PostgresServer target = named(to);
        Backups backups = of(target).backups();
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), into);

        if (obstacle == null) {
            assertThat(backups.plan(request).obstacles()).isEmpty();
            Restored restored = backups.restore(request, backups.progress());
            assertThat(restored.rows()).isEqualTo(200);
            assertThat(target.query(into, "SELECT count(*) FROM item")).containsExactly("200");
        } else {
            assertThat(backups.plan(request).obstacles())
                    .singleElement()
                    .asString()
                    .contains(obstacle);
            assertThatThrownBy(() -> backups.restore(request, backups.progress()))
                    .hasMessageContaining("Nothing was changed");
            assertThat(target.query("postgres", "SELECT 1 FROM pg_database WHERE datname = '" + into + "'"))
                    .isEmpty();
        }
    }

    /** Nothing of it is given to the other owner, whose rights it would have from then on. */
    @ParameterizedTest
    @ValueSource(
            strings = {"", "CREATE FUNCTION public.loot() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"})
    void whatCodeOfAnOlderMajorDidWhileItWasLoadedIsFound(String planted) {
        for (PostgresServer server : new PostgresServer[] {older, newer}) {
            server.execute("postgres", "CREATE ROLE carol", "CREATE ROLE treasurer");
        }
        try {
            older.execute(database, """
                    CREATE FUNCTION plant(bigint) RETURNS bool LANGUAGE plpgsql AS $trap$
                    BEGIN
                      IF session_user LIKE 'sidecar_restore%%' AND $1 = 100 THEN EXECUTE '%s'; END IF;
                      RETURN true;
                    END $trap$""".formatted(planted.isEmpty() ? "SELECT 1" : planted.replace("'", "''")), """
                    ALTER TABLE item ADD CHECK (plant(id)); ALTER TABLE item OWNER TO carol; ALTER FUNCTION plant OWNER TO carol;
                    ALTER MATERIALIZED VIEW items OWNER TO carol; CREATE TABLE vault (n int NOT NULL PRIMARY KEY); ALTER TABLE vault OWNER TO treasurer
                    """);
            Backup backup = of(older).take(database);
            Backups backups = of(newer).backups();
            RestoreRequest request = RestoreRequest.intoNew(backup.id(), into);

            assertThat(backups.plan(request).warnings()).anyMatch(warning -> warning.contains("in other ways"));
            if (planted.isEmpty()) {
                assertThat(backups.restore(request, backups.progress()).rows()).isEqualTo(200);
            } else {
                assertThatThrownBy(() -> backups.restore(request, backups.progress()))
                        .hasMessageContaining("Function public.loot() is not in the backup.");
            }
        } finally {
            for (PostgresServer server : new PostgresServer[] {older, newer}) {
                server.dropDatabase(database);
                server.dropDatabase(into);
                server.execute("postgres", "DROP ROLE carol", "DROP ROLE treasurer");
            }
        }
    }

    /** From 16 on a membership tells who granted it, and only somebody with the right to do so may be named. */
    @Test
    void membershipsGrantedByOthersThanTheSuperuser() throws Exception {
        newer.execute(
                "postgres",
                "CREATE ROLE chief CREATEROLE",
                "SET ROLE chief; CREATE ROLE clerk; CREATE ROLE worker; GRANT clerk TO worker; RESET ROLE",
                "GRANT pg_read_all_data TO worker WITH ADMIN OPTION",
                "SET ROLE worker; GRANT pg_read_all_data TO clerk; RESET ROLE");
        try {
            newer.execute(database, "ALTER TABLE item OWNER TO clerk", "GRANT SELECT ON item TO worker");
            BackupFixture fixture = of(newer);
            Backup backup = fixture.take(database);
            assertThat(globals(fixture, backup))
                    .contains("GRANTED BY chief", "GRANTED BY worker", "GRANTED BY postgres");
            assertProven(fixture, backup);
        } finally {
            newer.dropDatabase(database);
            newer.execute(
                    "postgres",
                    "SET ROLE worker; REVOKE pg_read_all_data FROM clerk; RESET ROLE",
                    "SET ROLE chief; DROP ROLE clerk; RESET ROLE",
                    "REVOKE pg_read_all_data FROM worker",
                    "DROP ROLE worker",
                    "DROP ROLE chief");
        }
    }

    private static void assertProven(BackupFixture fixture, Backup backup) {
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
        assertThat(verification.notes())
                .hasSize(2)
                .anyMatch(note -> note.matches("\\d+ definitions were compared\\."))
                .contains("Tables and indexes were checked with amcheck.");
    }

    private static String globals(BackupFixture fixture, Backup backup) {
        ByteArrayOutputStream sql = new ByteArrayOutputStream();
        new SetReader(
                        new LocalStore(fixture.store),
                        backup.manifest(),
                        fixture.encryption(),
                        new Progress(Clock.systemUTC()))
                .decode(backup.manifest().files(Manifest.FileKind.GLOBALS).get(0), sql);
        return sql.toString(StandardCharsets.UTF_8);
    }

    private static PostgresServer named(String name) {
        return name.equals("newer") ? newer : older;
    }

    private BackupFixture of(PostgresServer server) {
        // The sandbox does not show what this test unpacked of a whole system into the temporary directory.
        return new BackupFixture(server, folder)
                .with("scratch.sandboxes", "")
                .with("scratch.contents-trusted", "true")
                .with("server.programs", PostgresPrograms.directory() + "," + newerPrograms);
    }

    private static int major(PostgresServer server) {
        return Integer.parseInt(
                        server.query("postgres", "SHOW server_version_num").get(0))
                / 10_000;
    }
}
