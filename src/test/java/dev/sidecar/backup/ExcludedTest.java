package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left out of a backup on purpose is recorded and shown, and the rest comes back equal. */
class ExcludedTest {

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;

    @BeforeEach
    void database() {
        fixture = new BackupFixture(server, folder);
        database = server.createDatabase("excluded");
        server.execute(
                database,
                "CREATE TABLE kept (id serial PRIMARY KEY, v text)",
                "INSERT INTO kept (v) SELECT 'v' || i FROM generate_series(1, 50) i",
                "CREATE TABLE audit (id serial PRIMARY KEY, v text UNIQUE, parent int REFERENCES audit)",
                "CREATE INDEX audit_v ON audit (lower(v))",
                "CREATE STATISTICS audit_stat ON id, v FROM audit",
                "COMMENT ON TABLE audit IS 'a comment'",
                "COMMENT ON COLUMN audit.v IS 'another'",
                "CREATE POLICY see ON audit USING (true)",
                "GRANT SELECT ON audit TO PUBLIC",
                "INSERT INTO audit (v) SELECT 'a' || i FROM generate_series(1, 60) i",
                "CREATE TABLE audit2 (id int PRIMARY KEY)",
                "INSERT INTO audit2 VALUES (1)",
                "CREATE TABLE \"a.b *\" (v text)",
                "INSERT INTO \"a.b *\" VALUES ('1')",
                "CREATE TABLE \"a.b x\" (v text)",
                "INSERT INTO \"a.b x\" VALUES ('1')",
                "CREATE TABLE event (at date NOT NULL) PARTITION BY RANGE (at)",
                "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
                "INSERT INTO event VALUES ('2026-05-05')");
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
        server.dropDatabase(database + "_copy");
    }

    @Test
    void aTableIsLeftOutWithAllThatBelongsToItAndTheRestIsEqual() throws Exception {
        fixture.with("dump.exclude-tables", "public.audit,public.event").with("dump.own-archive-above", "1KB");
        Backup backup = fixture.take(database);

        assertThat(backup.manifest().leftOut().tables())
                .containsExactly("public.audit", "public.event", "public.event_2026");
        assertProven(backup);
        restore(backup);
        assertThat(tables(database + "_copy"))
                .contains("kept", "audit2", "a.b *")
                .doesNotContain("audit", "event", "event_2026");
        assertThat(BackupSummary.of(backup).remarks()).contains("without 3 tables");
        assertThat(Files.readString(fixture.store.resolve(backup.id() + "/RESTORE.md")))
                .contains("Left out on purpose:** 3 tables, and the rows of 0 more")
                .doesNotContain("audit");
    }

    @Test
    void onlyTheRowsAreLeftOut() throws Exception {
        fixture.with("dump.exclude-rows", "public.audit, public.event").with("dump.own-archive-above", "1KB");
        Backup backup = fixture.take(database);

        assertThat(backup.manifest().leftOut().rows()).containsExactly("public.audit", "public.event_2026");
        assertProven(backup);
        restore(backup);
        assertThat(tables(database + "_copy")).isEqualTo(tables(database));
        assertThat(server.query(database + "_copy", "SELECT count(*) FROM audit"))
                .containsExactly("0");
        assertThat(server.query(database + "_copy", "SELECT count(*) FROM event"))
                .containsExactly("0");
        assertThat(server.query(database + "_copy", "SELECT count(*) FROM audit2"))
                .containsExactly("1");
        RestorePlan plan = fixture.backups().plan(RestoreRequest.intoNew(backup.id(), database + "_other"));
        assertThat(plan.warnings()).contains("Left out on purpose: the rows of public.audit, public.event_2026.");
    }

    /** pg_dump would take the star for any letters. */
    @Test
    void anExactNameIsNoPattern() {
        fixture.with("dump.exclude-rows", "public.\"a.b *\"");
        assertThat(fixture.take(database).manifest().leftOut().rows()).containsExactly("public.\"a.b *\"");

        fixture.with("dump.exclude-rows", "pattern:public.a.b *");
        assertThat(fixture.take(database).manifest().leftOut().rows())
                .containsExactly("public.\"a.b *\"", "public.\"a.b x\"");

        fixture.with("dump.exclude-rows", "public.audit*");
        assertThat(fixture.take(database).manifest().exclusions()).isNull();

        fixture.with("dump.exclude-rows", "pattern:public.audit*");
        assertThat(fixture.take(database).manifest().leftOut().rows()).containsExactly("public.audit", "public.audit2");
    }

    @Test
    void anEntryMayBeForOneDatabase() {
        fixture.with("dump.exclude-rows", "other/public.audit," + database + "/public.audit2");

        assertThat(fixture.take(database).manifest().leftOut().rows()).containsExactly("public.audit2");
    }

    /** A restore would stop there, and nobody would find out before the emergency. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE child (a int REFERENCES audit)",
                "CREATE VIEW seen AS SELECT v FROM audit",
                "CREATE TABLE heir () INHERITS (audit)",
                "CREATE FUNCTION f(audit) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE TABLE other (whole audit)",
                "CREATE TABLE counted (id int DEFAULT nextval('audit_id_seq'))",
                "CREATE PUBLICATION told FOR TABLE audit"
            })
    void whatNeedsATableThatIsLeftOutIsNamed(String needs) {
        server.execute(database, needs);
        fixture.with("dump.exclude-tables", "public.audit");

        assertThatThrownBy(() -> fixture.take(database))
                .isInstanceOfSatisfying(
                        BackupFailure.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Reason.NOT_CONFIGURED))
                .hasMessageContaining("would fail without public.audit")
                .hasMessageContaining(needs.split(" ")[2].replaceFirst("\\(.*", ""));
    }

    @Test
    void rowsThatOthersReferToAreNotLeftOut() throws Exception {
        server.execute(database, "CREATE TABLE child (a int REFERENCES audit)", "INSERT INTO child VALUES (1)");
        fixture.with("dump.exclude-rows", "public.audit");
        assertThatThrownBy(() -> fixture.take(database))
                .hasMessageContaining("child_a_fkey of public.child refers to them");

        fixture.with("dump.exclude-rows", "public.audit,public.child");
        assertProven(fixture.take(database));
    }

    @Test
    void whatIsLeftOutFromNowOnIsNoLoss() {
        fixture.take(database);
        fixture.with("dump.exclude-tables", "public.audit");

        assertThat(fixture.take(database).isSuspect()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"audit", "public.", ".audit", "a.b.c", "public.\"audit", "pattern:audit", "app/", "app/audit"})
    void anEntryThatNamesNoTableStopsTheStart(String entry) {
        fixture.with("dump.exclude-tables", List.of(entry));

        assertThatThrownBy(fixture::properties)
                .hasRootCauseInstanceOf(InvalidSetting.class)
                .rootCause()
                .hasMessageContaining("sidecar.backup.dump.exclude-tables");
    }

    private void assertProven(Backup backup) {
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.problems()).isEmpty();
        assertThat(verification.notes()).anyMatch(note -> note.startsWith("Left out on purpose: "));
        assertThat(verification.held()).isTrue();
    }

    private void restore(Backup backup) {
        Backups backups = fixture.backups();
        Restored restored = backups.restore(
                RestoreRequest.intoNew(backup.id(), database + "_copy").withConsent(), backups.progress());
        assertThat(restored.differences()).isEmpty();
    }

    private List<String> tables(String of) {
        return server.query(
                of,
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1");
    }
}
