package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupEvent;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.CheckResult.CheckOutcome;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's own checks, on real databases that were restored. */
class OwnChecksOfBackupsTest {

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;

    @BeforeEach
    void database() {
        database = server.createDatabase("checked");
        server.execute(
                database,
                "CREATE SCHEMA app",
                "ALTER DATABASE \"%s\" SET search_path = app, public".formatted(database),
                "CREATE TABLE app.orders (id int PRIMARY KEY, at timestamptz, note text)",
                "INSERT INTO app.orders SELECT i, now() - i * interval '1 hour', 'order ' || i FROM generate_series(1, 100) i",
                "CREATE VIEW app.recent AS SELECT * FROM app.orders WHERE id < 10",
                "CREATE FUNCTION app.touch() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.orders; RETURN 1; END $$",
                "CREATE FUNCTION app.sleepy() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN 1; END $$",
                "CREATE FUNCTION app.talk() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'ana@example.org'; END $$");
        fixture = new BackupFixture(server, folder)
                .with("checks.directory", folder.resolve("checks").toString())
                .with("checks.timeout", "60s");
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
    }

    @Test
    void checksThatHoldAreRecordedAndPublished() {
        check("all-there", "-- expect: 100\nSELECT count(*) FROM orders -- in the database's own search path");
        check("a-view", "-- at least: 9\nSELECT count(*) FROM recent;");
        check("fresh", "-- newest not older than: 2h\nSELECT max(at) FROM app.orders");
        check("jsonb", "-- expect: true\nSELECT '{\"a\": 1}'::jsonb ? 'a'");
        check("as-of", "-- newest not older than: 1m\nSELECT current_setting('sidecar.taken_at')");
        Backup backup = fixture.take(database);

        Verification verification = verify(backup);

        assertThat(verification.held()).as("%s", verification.problems()).isTrue();
        assertThat(verification.missedChecks()).isEmpty();
        assertThat(verification.checks()).hasSize(5);
        Backup stored = fixture.backups().get(backup.id());
        assertThat(stored.isSuspect()).isFalse();
        assertThat(stored.isVerified(VerificationLevel.L4)).isTrue();
        assertThat(stored.checks()).isEqualTo(verification.checks());
        assertThat(BackupSummary.of(stored).remarks()).contains("5 of 5 checks held");
        assertThat(metric("all-there")).isEqualTo("1.0");
    }

    @Test
    void aFailedCheckMakesABackupSuspectAndKeepsTheOneBefore() {
        Backup before = fixture.take(database);
        verify(before);
        check("all-there", "-- expect: 101\nSELECT count(*) FROM orders");
        Backup backup = fixture.take(database);

        Verification verification = verify(backup);

        assertThat(verification.held()).isTrue();
        assertThat(verification.missedChecks())
                .singleElement()
                .extracting(CheckResult::sentence)
                .isEqualTo("Check all-there FAILED: expected 101, found 100.");
        Backup stored = fixture.backups().get(backup.id());
        assertThat(stored.isDamaged()).isFalse();
        assertThat(stored.isVerified(VerificationLevel.L4)).isTrue();
        assertThat(stored.suspicion()).contains("Check all-there FAILED: expected 101, found 100.");
        assertThat(fixture.backups().get(before.id()).isPinned()).isTrue();
        assertThat(metric("all-there")).isEqualTo("0.0");
        assertThat(fixture.metric("sidecar_backup_suspect{database=\"" + database + "\",generation=\"manual\"}"))
                .isEqualTo("1.0");
    }

    /** The drill of every night asks the same of the same backup. */
    @Test
    void whoClearedTheMarkIsNotAskedAgainUntilTheCheckIsAnotherOne() {
        check("all-there", "-- expect: 101\nSELECT count(*) FROM orders");
        Backup backup = fixture.take(database);
        verify(backup);
        verify(fixture.backups().get(backup.id()));
        Backup twice = fixture.backups().get(backup.id());
        assertThat(twice.events().stream().filter(event -> event.type() == BackupEvent.Type.SUSPECT))
                .hasSize(1);

        fixture.backups().clear(backup.id(), "the check is wrong");
        verify(fixture.backups().get(backup.id()));
        assertThat(fixture.backups().get(backup.id()).isSuspect()).isFalse();

        check("all-there", "-- expect: 102\nSELECT count(*) FROM orders");
        verify(fixture.backups().get(backup.id()));
        assertThat(fixture.backups().get(backup.id()).isSuspect()).isTrue();
    }

    @Test
    void onlyTheAnswersOfTheCopySpeakAgainstABackup() {
        fixture.with("checks.timeout", "5s");
        check("two-rows", "-- expect: 1\nSELECT id FROM orders");
        check("no-row", "-- expect: 1\nSELECT id FROM orders WHERE id < 0");
        check("null", "-- newest not older than: 1h\nSELECT max(at) FROM orders WHERE id < 0");
        check("no-table", "-- at least: 1\nSELECT count(*) FROM customers");
        check("no-number", "-- at least: 1\nSELECT note FROM orders WHERE id = 1");
        check("stale", "-- newest not older than: 30m\nSELECT max(at) FROM orders");
        check("raised", "-- expect: 1\nSELECT talk()");
        check("writes", "-- expect: 1\nSELECT touch()");
        check("writes-too", "-- expect: 1\nWITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM gone");
        check("two-columns", "-- expect: 1\nSELECT 1, 2");
        check("misspelt", "-- expect: 1\nSELECT count(* FROM orders");
        check("no-header", "SELECT 1");
        check("slow", "-- expect: 1\nSELECT sleepy()");
        check("out-of-the-box", "-- expect: 1\nSELECT set_config('statement_timeout', '0', false)::int + sleepy()");
        check("still-there", "-- expect: 100\nSELECT count(*) FROM orders");
        Backup backup = fixture.take(database);

        Verification verification = verify(backup);

        Map<String, CheckOutcome> outcomes = new TreeMap<>(
                verification.checks().stream().collect(Collectors.toMap(CheckResult::check, CheckResult::outcome)));
        assertThat(outcomes)
                .containsExactlyInAnyOrderEntriesOf(new TreeMap<>(Map.ofEntries(
                        Map.entry("two-rows", CheckOutcome.FAILED),
                        Map.entry("no-row", CheckOutcome.FAILED),
                        Map.entry("null", CheckOutcome.FAILED),
                        Map.entry("no-table", CheckOutcome.FAILED),
                        Map.entry("no-number", CheckOutcome.FAILED),
                        Map.entry("stale", CheckOutcome.FAILED),
                        Map.entry("raised", CheckOutcome.FAILED),
                        Map.entry("writes", CheckOutcome.INVALID),
                        Map.entry("writes-too", CheckOutcome.INVALID),
                        Map.entry("two-columns", CheckOutcome.INVALID),
                        Map.entry("misspelt", CheckOutcome.INVALID),
                        Map.entry("no-header", CheckOutcome.INVALID),
                        Map.entry("slow", CheckOutcome.UNANSWERED),
                        Map.entry("out-of-the-box", CheckOutcome.UNANSWERED),
                        Map.entry("still-there", CheckOutcome.HELD))));
        assertThat(verification.held()).isTrue();
        assertThat(fixture.backups().get(backup.id()).suspicion().orElseThrow())
                .contains("no-table", "customers")
                .doesNotContain("slow", "writes", "misspelt", "ana@example.org");
    }

    @Test
    void aCheckThatCannotBeUsedIsToldAndSpeaksAgainstNoBackup() {
        check("no-header", "SELECT 1");
        Backup backup = fixture.take(database);

        Verification verification = verify(backup);

        assertThat(verification.missedChecks())
                .singleElement()
                .extracting(CheckResult::found)
                .asString()
                .contains(database + "/no-header.sql line 1: it must begin with a comment line");
        assertThat(fixture.backups().get(backup.id()).isSuspect()).isFalse();
        assertThat(metric("no-header")).isEqualTo("0.0");
    }

    @Test
    void whatTheCopyAnswersIsCutAndControlsNothing() {
        check("hostile", "-- expect: 1\nSELECT E'\\x1b[2Jgone\\u202e\\n' || repeat('x', 10000000)");
        Backup backup = fixture.take(database);

        Verification verification = verify(backup);

        assertThat(verification.checks().get(0).found())
                .hasSizeLessThanOrEqualTo(300)
                .startsWith("\\u001b[2Jgone\\u202e\\u000ax");
        assertThat(fixture.backups().get(backup.id()).checks()).isEqualTo(verification.checks());
    }

    @Test
    void aCheckThatIsGoneLosesItsSeriesAndAFolderOfNobodyIsTold() throws IOException {
        check("all-there", "-- expect: 100\nSELECT count(*) FROM orders");
        check("other", "-- expect: 100\nSELECT count(*) FROM orders");
        Backup backup = fixture.take(database);
        verify(backup);
        assertThat(metric("other")).isEqualTo("1.0");
        Files.delete(folder.resolve("checks").resolve(database).resolve("other.sql"));
        Files.createDirectory(folder.resolve("checks/nobody"));
        Files.writeString(folder.resolve("checks/lost.sql"), "-- expect: 1\nSELECT 1");

        verify(backup);

        assertThat(metric("other")).isEqualTo("absent");
        assertThat(fixture.backups().misplacedChecks())
                .containsExactly(
                        "lost.sql belongs to no database: move it into a folder with the name of its database",
                        "There is no database for the checks in nobody");
    }

    @Test
    void aFolderThatIsNotThereIsNoFolderWithoutChecks() {
        fixture.with("checks.directory", folder.resolve("nowhere").toString());
        Backup backup = fixture.take(database);

        assertThat(verify(backup).missedChecks())
                .singleElement()
                .extracting(CheckResult::sentence)
                .asString()
                .contains("sidecar.backup.checks.directory", "nowhere");
    }

    /** A version from before there were checks passes over a file whose signature it does not understand. */
    @Test
    void resultsThatSomebodyElseWroteCountForNothing() throws IOException {
        check("all-there", "-- expect: 101\nSELECT count(*) FROM orders");
        Backup backup = fixture.take(database);
        verify(backup);
        Path event;
        try (var files = Files.list(fixture.store.resolve(backup.id() + "/events"))) {
            event = files.filter(file -> file.getFileName().toString().contains("-checked-"))
                    .findFirst()
                    .orElseThrow();
        }
        String text = Files.readString(event);
        assertThat(text).contains("\"type\" : \"VERIFIED\"", "\"outcome\" : \"FAILED\"");
        assertThat(fixture.backups().get(backup.id()).checks()).hasSize(1);

        Files.writeString(event, dev.sidecar.sets.TestSets.resealed(text.replace("\"FAILED\"", "\"HELD\"")));

        assertThat(fixture.backups().get(backup.id()).checks()).isEmpty();
    }

    private Verification verify(Backup backup) {
        Backups backups = fixture.backups();
        return backups.verify(backup, VerificationLevel.L4, backups.progress());
    }

    private String metric(String check) {
        return fixture.metric("sidecar_backup_check_held{check=\"" + check + "\",database=\"" + database + "\"}");
    }

    private void check(String name, String text) {
        try {
            Files.writeString(
                    Files.createDirectories(folder.resolve("checks").resolve(database))
                            .resolve(name + ".sql"),
                    text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
