package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.backup.Verification.Conclusion;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases that restore only in some order, or not as a whole. */
class AsMuchAsPossibleTest {

    private static PostgresServer server;

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;
    private String again;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void database() {
        fixture = new BackupFixture(server, folder);
        database = server.createDatabase("possible");
        again = database + "_again";
    }

    @AfterEach
    void drop() {
        List.of(database, again).forEach(server::dropDatabase);
    }

    /** Whatever comes first, the other has not come: one is small and the other an archive of its own, in both directions. */
    @Test
    void rowsThatAreCheckedWithAnotherTable() {
        server.execute(
                database,
                "CREATE TABLE z_words (word text)",
                "INSERT INTO z_words SELECT 'w' || i FROM generate_series(1, 3) i",
                "CREATE FUNCTION known(text) RETURNS bool STABLE LANGUAGE sql AS"
                        + " 'SELECT EXISTS (SELECT FROM public.z_words WHERE word = $1)'",
                "CREATE TABLE a_small (word text CHECK (known(word)))",
                "INSERT INTO a_small VALUES ('w1')",
                "CREATE TABLE b_large (word text CHECK (known(word)), filling text)",
                "INSERT INTO b_large SELECT 'w' || (i % 3 + 1), repeat(md5(i::text), 10) FROM generate_series(1, 3000) i",
                "CREATE FUNCTION held() RETURNS bool STABLE LANGUAGE sql AS"
                        + " 'SELECT EXISTS (SELECT FROM public.b_large)'",
                "CREATE TABLE c_after (i int CHECK (held()))",
                "INSERT INTO c_after VALUES (1)");
        fixture.with("dump.own-archive-above", "100KB").with("dump.digests", true);
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
        assertThat(verification.notes()).anyMatch(note -> note.contains("tried again with one"));
        Restored restored =
                backups.restore(RestoreRequest.intoNew(backup.id(), again).withConsent(), backups.progress());
        assertThat(restored.rows()).isEqualTo(3005);
        assertThat(restored.differences()).isEmpty();
    }

    @Test
    void whatDoesNotRestoreIsNamedAndTheRestComesBack() {
        server.execute("postgres", "CREATE ROLE gone");
        server.execute(
                database,
                "CREATE FUNCTION plain(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)'",
                "CREATE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN upper($1); END$$",
                "CREATE TABLE good AS SELECT generate_series(1, 50) AS i",
                "CREATE TABLE indexed AS SELECT 'x' || i AS t FROM generate_series(1, 40) i",
                "CREATE INDEX loud ON indexed (shout(t))",
                "CREATE TABLE made (t text, g text GENERATED ALWAYS AS (shout(t)) STORED)",
                "INSERT INTO made VALUES ('a')",
                // Newer servers make no index with a function that finds another by the search_path.
                "CREATE OR REPLACE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN plain($1); END$$",
                "GRANT SELECT ON good TO gone");
        server.execute("postgres", "DELETE FROM pg_authid WHERE rolname = 'gone'");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();

        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.verdict()).isEqualTo(Conclusion.NOT_RESTORABLE);
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L2);
        assertThat(verification.problems())
                .singleElement()
                .asString()
                .contains("ACL TABLE good")
                .contains("does not exist. And 2 more");
        assertThat(backups.get(backup.id()).isDamaged()).isFalse();

        assertThatThrownBy(() -> backups.restore(
                        RestoreRequest.intoNew(backup.id(), again).withConsent(), backups.progress()))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("--keep-going")
                .hasMessageContaining("ACL TABLE good");
        assertThat(server.query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE '" + again + "%'"))
                .isEmpty();

        Restored restored = backups.restore(
                RestoreRequest.intoNew(backup.id(), again).withConsent().pastErrors(), backups.progress());
        assertThat(restored.missing())
                .anyMatch(missing -> missing.contains("INDEX loud") && missing.contains("plain(text) does not exist"))
                .anyMatch(missing -> missing.contains("TABLE DATA made"))
                .anyMatch(missing -> missing.contains("ACL TABLE good") && missing.contains("does not exist"))
                .anyMatch(missing -> missing.equals("Table public.made has 0 rows instead of 1."));
        assertThat(server.query(again, "SELECT count(*) FROM good")).containsExactly("50");
        assertThat(server.query(again, "SELECT count(*) FROM indexed")).containsExactly("40");
    }
}
