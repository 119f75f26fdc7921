package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.postgres.Databases;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Sql;
import dev.sidecar.sets.TestSets;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore that cannot go well changes nothing, and one that went wrong is never called restored. */
class RestoreFaultsTest {

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;

    @BeforeEach
    void database() {
        fixture = new BackupFixture(server, folder);
        database = server.createDatabase("restore_faults");
        server.execute(
                database, "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item SELECT generate_series(1, 100)");
    }

    @AfterEach
    void nothingIsLeftOver() throws Exception {
        assertThat(server.query(
                        "postgres", "SELECT datname FROM pg_database WHERE datname LIKE '%s%%'".formatted(database)))
                .as("databases")
                .containsExactly(database);
        server.dropDatabase(database);
        try (var files = Files.list(fixtureScratch())) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("sidecar-")))
                    .as("scratch folders")
                    .isEmpty();
        }
    }

    private Path fixtureScratch() {
        return folder.resolve("scratch");
    }

    @BeforeEach
    void scratch() throws Exception {
        Files.createDirectories(fixtureScratch());
        // PostgreSQL runs as another user than root, and has to reach its folder in here.
        folder.toFile().setExecutable(true, false);
        fixture.with("scratch.directory", fixtureScratch().toString());
    }

    /** The classic: a function that works only under the search path it was written under. It fails at the very end. */
    private void failAtTheEnd() {
        server.execute(
                database,
                "CREATE TABLE factor AS SELECT 2 AS by",
                "CREATE FUNCTION scaled(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2'",
                "CREATE INDEX last_of_all ON item (scaled(id))",
                // Newer servers make no index with a function that finds a table by the search_path.
                "CREATE OR REPLACE FUNCTION scaled(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * by FROM factor'");
    }

    @Test
    void anErrorAtTheEndOfARestoreIsNoRestore() {
        failAtTheEnd();
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        assertThatThrownBy(() ->
                        backups.restore(RestoreRequest.intoNew(backup.id(), database + "_copy"), backups.progress()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.RESTORE))
                .hasMessageContaining("factor");
    }

    @Test
    void theLiveDatabaseOutlivesAFailedReplacement() {
        failAtTheEnd();
        Backup backup = fixture.take(database);
        server.execute(database, "DELETE FROM item WHERE id > 50");
        Backups backups = fixture.backups();
        assertThatThrownBy(() -> backups.restore(
                        new RestoreRequest(backup.id(), database, true, false, List.of()), backups.progress()))
                .isInstanceOf(BackupFailure.class);
        assertThat(server.query(database, "SELECT count(*) FROM item")).containsExactly("50");
    }

    @Test
    void aBackupThatDoesNotRestoreIsProvenNoFurtherThanItsFiles() {
        failAtTheEnd();
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        Verification found = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(found.reached()).isEqualTo(VerificationLevel.L2);
        assertThat(found.problems()).singleElement().asString().contains("factor");
        assertThat(fixture.metric("sidecar_backup_last_verification_success{database=\"%s\"".formatted(database)))
                .isEqualTo("0.0");
    }

    /** A manifest that promises more than the dump holds, as after a dump that silently lost rows. */
    @Test
    void contentsThatDifferFromTheManifestAreListedTableByTable() throws Exception {
        server.execute(database, "CREATE TABLE other AS SELECT 1 AS i");
        Backup backup = fixture.take(database);
        Backup changed = withOtherCounts(backup);
        Backups backups = fixture.backups();
        Verification found = backups.verify(changed, VerificationLevel.L4, backups.progress());
        assertThat(found.reached()).isEqualTo(VerificationLevel.L3);
        assertThat(found.problems())
                .containsExactlyInAnyOrder(
                        "Table public.item has 100 rows instead of 101.",
                        "Table public.other has 1 rows instead of 2.");
        assertThat(backups.get(backup.id()).isDamaged()).isTrue();
        assertThatThrownBy(() ->
                        backups.restore(RestoreRequest.intoNew(backup.id(), database + "_copy"), backups.progress()))
                .hasMessageContaining("damaged");
    }

    private Backup withOtherCounts(Backup backup) throws Exception {
        Manifest m = backup.manifest();
        Manifest.Contents c = m.contents();
        Manifest more = new Manifest(
                m.format(),
                m.id(),
                m.slot(),
                m.startedAt(),
                m.finishedAt(),
                m.server(),
                m.client(),
                m.compression(),
                m.encryption(),
                m.files(),
                new Manifest.Contents(
                        c.tables().stream()
                                .map(t -> new Manifest.Table(
                                        t.schema(), t.name(), t.rows() + 1, t.bytes(), t.digest(), t.logged()))
                                .toList(),
                        c.sequences(),
                        c.largeObjects(),
                        c.extensions(),
                        c.roles(),
                        c.tablespaces()));
        TestSets.publish(more.of(m.origin()), new LocalStore(fixture.store));
        return new Backup(more.of(m.origin()), backup.store(), List.of());
    }

    @Test
    void missingRolesExtensionsAndTablespacesAreFoundBeforeAnythingIsTouched() throws Exception {
        String role = database + "_role";
        server.execute("postgres", "CREATE ROLE " + role);
        server.execute(database, "ALTER TABLE item OWNER TO " + role);
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().contents().roles()).contains(role);
        server.execute(database, "ALTER TABLE item OWNER TO postgres");
        server.execute("postgres", "DROP ROLE " + role);

        Manifest m = backup.manifest();
        Manifest.Contents c = m.contents();
        Manifest elsewhere = new Manifest(
                m.format(),
                m.id(),
                m.slot(),
                m.startedAt(),
                m.finishedAt(),
                new Manifest.Server(
                        "99.1", 990_001, "1", "UTF8", "xx_XX.utf8", "xx_XX.utf8", "libc", null, null, List.of()),
                m.client(),
                m.compression(),
                m.encryption(),
                m.files(),
                new Manifest.Contents(
                        c.tables(),
                        c.sequences(),
                        c.largeObjects(),
                        List.of(new Manifest.Extension("no_such_extension", "1")),
                        c.roles(),
                        List.of("no_such_space")));
        TestSets.publish(elsewhere.of(m.origin()), new LocalStore(fixture.store));

        Backups backups = fixture.backups();
        RestoreRequest request = RestoreRequest.intoNew(backup.id(), database + "_copy");
        assertThat(backups.plan(request).obstacles())
                .hasSize(5)
                .anySatisfy(o -> assertThat(o).contains(role).contains("globals.sql"))
                .anySatisfy(o -> assertThat(o).contains("no_such_extension"))
                .anySatisfy(o -> assertThat(o).contains("no_such_space"))
                .anySatisfy(o -> assertThat(o).contains("xx_XX.utf8"))
                .anySatisfy(o -> assertThat(o).contains("PostgreSQL 99"));
        assertThatThrownBy(() -> backups.restore(request, backups.progress()))
                .hasMessageContaining("Nothing was changed");
    }

    @Test
    void anExistingDatabaseIsNotOverwritten() {
        Backup backup = fixture.take(database);
        RestorePlan plan = fixture.backups().plan(RestoreRequest.intoNew(backup.id(), database));
        assertThat(plan.obstacles()).singleElement().asString().contains("exists");
        assertThat(fixture.backups()
                        .plan(new RestoreRequest(backup.id(), "postgres", true, false, List.of()))
                        .isPossible())
                .isFalse();
        assertThat(fixture.backups()
                        .plan(new RestoreRequest(backup.id(), database, true, false, List.of("public.item")))
                        .isPossible())
                .isFalse();
    }

    @Test
    void rowsThatVanishMakeABackupSuspectAndPinTheOneBefore() {
        server.execute(database, "CREATE TABLE gone AS SELECT generate_series(1, 20) AS i");
        Backup before = fixture.take(database);
        server.execute(database, "DELETE FROM item WHERE id > 40", "DROP TABLE gone");
        Backup after = fixture.take(database);

        assertThat(after.isSuspect()).isTrue();
        assertThat(after.events().get(0).detail())
                .contains("public.item has 40 rows; before, it had 100")
                .contains("public.gone is gone");
        Backups backups = fixture.backups();
        assertThat(backups.get(before.id()).isPinned()).isTrue();
        String series = "sidecar_backup_suspect{database=\"%s\"".formatted(database);
        assertThat(fixture.metric(series)).isEqualTo("1.0");

        Backup still = fixture.take(database);
        assertThat(still.isSuspect()).as("compared with the last good one").isTrue();
        backups.clear(still.id(), "it was meant");
        assertThat(fixture.metric(series)).isEqualTo("0.0");
        assertThat(fixture.take(database).isSuspect()).isFalse();
    }

    @Test
    void aBackupBeingVerifiedIsInUse() throws Exception {
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        InUse here = new InUse(folder.resolve("in-use"));
        assertThat(backups.isInUse(backup.id())).isFalse();
        try (InUse.Hold hold = here.hold(backup.id())) {
            assertThat(here.isInUse(backup.id())).isTrue();
            assertThat(new InUse(folder.resolve("in-use")).isInUse(backup.id()))
                    .as("seen by another process")
                    .isTrue();
        }
        assertThat(backups.isInUse(backup.id())).isFalse();
    }

    @Test
    void namesOfAllKindsAreKeptApartAndHarmNothing() throws Exception {
        List<String> names = List.of(
                database + "-test",
                database + " приложение \"x\"; drop",
                database + " 🐘 '=x\\",
                database + " ../../etc",
                (database + "_".repeat(63)).substring(0, 63));
        for (String name : names) {
            server.execute("postgres", "CREATE DATABASE " + Sql.quoted(name) + " TEMPLATE template0");
        }
        try {
            for (String name : names) {
                Backup backup = fixture.take(name);
                assertThat(BackupId.parse(backup.id().toString()).database()).isEqualTo(name);
                Backups backups = fixture.backups();
                assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                                .problems())
                        .isEmpty();
                assertThat(backups.latest(name)).map(Backup::id).contains(backup.id());
            }
            assertThat(fixture.backups().latest(database)).isEmpty();
            try (var sets = Files.list(fixture.store)) {
                assertThat(sets).hasSize(names.size());
            }
            assertThat(fixture.with("server.databases", database).postgres().databases())
                    .containsExactly(database);
        } finally {
            for (String name : names) {
                server.execute("postgres", "DROP DATABASE IF EXISTS " + Sql.quoted(name) + " WITH (FORCE)");
            }
        }
    }

    @Test
    void patternsMatchWholeNamesOnly() {
        assertThat(Databases.matches("app", "app_prod")).isFalse();
        assertThat(Databases.matches("app*", "app_prod")).isTrue();
        assertThat(Databases.matches("a.p", "app")).isFalse();
        assertThat(Databases.matches("a?p", "app")).isTrue();
    }
}
