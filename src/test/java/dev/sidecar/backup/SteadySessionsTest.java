package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a role or a database sets for its sessions, ours end when they are done, and write and read every value the same way. */
class SteadySessionsTest {

    private static final List<String> SETTINGS = List.of(
            "statement_timeout = '300ms'",
            "lock_timeout = '300ms'",
            "idle_in_transaction_session_timeout = '300ms'",
            "idle_session_timeout = '300ms'",
            "default_transaction_isolation = 'serializable'",
            "default_transaction_read_only = on",
            "default_transaction_deferrable = on",
            "DateStyle = 'SQL, DMY'",
            "IntervalStyle = 'sql_standard'",
            "TimeZone = 'Asia/Kathmandu'",
            "bytea_output = 'escape'",
            "extra_float_digits = -10",
            "row_security = on",
            "array_nulls = off",
            "transform_null_equals = on",
            "quote_all_identifiers = on",
            "exit_on_error = on",
            "xmlbinary = 'hex'",
            "synchronous_commit = off",
            "search_path = ''",
            "client_encoding = 'LATIN1'",
            "local_preload_libraries = 'not_there'");

    @TempDir
    private Path folder;

    @Test
    void settingsOfTheRoleAndOfTheDatabaseThatTheirSessionsHave() {
        try (PostgresServer server = PostgresServer.start()) {
            String database = server.createDatabase("steady");
            server.execute(
                    database,
                    "CREATE TABLE v (i int PRIMARY KEY, d date, t timestamptz, v interval, b bytea, f float8, a text[], m money,"
                            + " e text CHECK (e IS NOT DISTINCT FROM NULL OR e <> ''))",
                    "INSERT INTO v SELECT i, '2026-03-04', '2026-03-04 05:06:07.891+05:45', '-1 day 02:03:04', '\\x00ff5c', 0.1 + i / 3.0,"
                            + " ARRAY[NULL, 'NULL', 'x'], 1234.56, 'é' FROM generate_series(1, 20000) i",
                    "CREATE INDEX ON v (t) WHERE d > '2026-01-02'",
                    "CREATE VIEW \"select\" AS SELECT i AS \"group\", '2026-03-04'::timestamptz AS t FROM v WHERE v.e = NULL");
            // In one session, as the next has them all.
            server.execute(
                    "template1",
                    SETTINGS.stream()
                            .flatMap(setting -> Stream.of(
                                    "ALTER DATABASE %s SET %s".formatted(database, setting),
                                    "ALTER DATABASE postgres SET " + setting,
                                    "ALTER ROLE %s SET %s".formatted(server.user(), setting)))
                            .toArray(String[]::new));
            BackupFixture fixture = new BackupFixture(server, folder)
                    .with("dump.digests", true)
                    .with("dump.own-archive-above", "100KB");
            Backups backups = fixture.backups();
            Backup backup = fixture.take(database);
            Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
            assertThat(verification.problems()).isEmpty();
            assertThat(verification.reached()).isEqualTo(VerificationLevel.L4);
            Restored restored = backups.restore(
                    RestoreRequest.intoNew(backup.id(), database + "_again").withConsent(), backups.progress());
            assertThat(restored.differences()).isEmpty();
            assertThat(restored.notes()).noneMatch(note -> note.contains("failed"));
            assertThat(restored.rows()).isEqualTo(20000);
        }
    }
}
