package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.postgres.Child;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Sql;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.S3Store;
import dev.sidecar.stores.TestStores;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.S3Server;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Databases that are called like paths, options, SQL, or like each other, taken straight into a bucket and back. */
@TestInstance(Lifecycle.PER_CLASS)
class HostileNamesTest {

    private static final List<String> NAMES = List.of(
            "app",
            "app-test",
            "приложение \"x\"; drop",
            "--help",
            "../../etc",
            "a'b\\c $(id) %s",
            "🐘".repeat(15),
            "n".repeat(63));

    private final PostgresServer server = PostgresServer.start();
    private final S3Server bucketServer = S3Server.shared();

    @TempDir
    private Path folder;

    @BeforeAll
    void databases() {
        for (String name : NAMES) {
            server.execute("postgres", "CREATE DATABASE %s TEMPLATE template0".formatted(Sql.quoted(name)));
            try (var connection = server.connect(encoded(name));
                    var statement = connection.createStatement()) {
                statement.execute("CREATE TABLE me (name text)");
                statement.execute("INSERT INTO me VALUES (current_database())");
            } catch (java.sql.SQLException e) {
                throw new IllegalStateException(name, e);
            }
        }
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void eachHasABackupOfItsOwnThatRestoresIntoItself() {
        BackupFixture fixture = new BackupFixture(server, folder);
        try (S3Store bucket = TestStores.bucket(bucketServer)) {
            Backups backups = fixture.backups(bucket);
            assertThat(backups.databases()).containsAll(NAMES);

            for (String name : NAMES) {
                backups.take(fixture.request(name), backups.progress());
            }

            assertThat(backups.list())
                    .allMatch(backup -> backup.store().equals("s3"))
                    .extracting(backup -> backup.id().database())
                    .containsExactlyInAnyOrderElementsOf(NAMES);
            for (Backup backup : backups.list()) {
                assertThat(BackupId.parse(backup.id().toString())).isEqualTo(backup.id());
                Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
                assertThat(verification.problems()).as(backup.id().database()).isEmpty();
            }
            for (Backup backup : backups.list()) {
                String into =
                        RestoreRequest.newName(backup.id(), backup.manifest().startedAt());
                backups.restore(RestoreRequest.intoNew(backup.id(), into), backups.progress());
                assertThat(server.query(encoded(into), "SELECT name FROM me"))
                        .containsExactly(backup.id().database());
            }
        }
    }

    /** As the driver wants it in an address. */
    private static String encoded(String database) {
        return java.net.URLEncoder.encode(database, java.nio.charset.StandardCharsets.UTF_8);
    }

    @Test
    void aNameThatTheLocaleCannotPassOnIsRefused() {
        List<String> command = List.of("pg_dump", "--dbname=dbname='приложение'");
        Child.checkLetters(command, StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Child.checkLetters(command, StandardCharsets.US_ASCII))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("приложение")
                .hasMessageContaining("LC_ALL=C.UTF-8");
    }
}
