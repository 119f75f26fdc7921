package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.support.BoundSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors that cannot be planted on every machine are explained, as pgBackRest 2.45 words them. */
class PgBackRestErrorsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private PgBackRest pgBackRest;

    @BeforeEach
    void program() throws Exception {
        Files.writeString(folder.resolve("conf"), "");
        Path program = Files.writeString(folder.resolve("pgbackrest"), """
                #!/bin/sh
                [ ! -e %1$s/hang ] || exec sleep 600
                cat %1$s/said >&2
                exit 1
                """.formatted(folder));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        pgBackRest = new PgBackRest(BoundSettings.of(
                "sidecar.pitr",
                Map.of(
                        "program",
                        program.toString(),
                        "config",
                        folder.resolve("conf").toString(),
                        "results-file",
                        "-"),
                PitrProperties.class));
    }

    private BackupFailure failure() {
        return failure("backup");
    }

    private BackupFailure failure(String command) {
        return catchThrowableOfType(BackupFailure.class, () -> pgBackRest.run(LIMIT, command, List.of()));
    }

    /** As 2.45 says where the disk of the data directory is full, and where a killed server left its file. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[064]: raised from local-1 protocol: unable to write '/data/base/5/2605': [28] No space left on device; SPACE; where the files are restored to",
                "[038]: unable to restore while PostgreSQL is running; BUSY; One that was killed left its postmaster.pid"
            })
    void anErrorOfARestoreIsNotOneOfTheRepository(String said, Reason reason, String sentence) throws Exception {
        Files.writeString(folder.resolve("said"), "ERROR: " + said + "\n");

        BackupFailure failure = failure("restore");

        assertThat(failure.reason()).isEqualTo(reason);
        assertThat(failure).hasMessageContaining(sentence).hasMessageNotContaining("The repository is full");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[064]: unable to write '/repo/x': [28] No space left on device; SPACE; The repository is full",
                "[064]: raised from local-1 protocol: unable to write '/repo/x'; SPACE; The repository is full",
                "[064]: unable to write '/repo/x': [5] Input/output error; STORAGE; cannot be read or written",
                "[057]: unable to execute query 'select 1': server closed the connection unexpectedly; CONNECTION; it was stopped, or crashed",
                "[057]: unable to execute query 'select 1': permission denied; PERMISSION; pgBackRest's backup failed",
                "[046]: unexpected control version = 1800 and catalog version = 202505281; VERSION; older than the PostgreSQL server",
                "[044]: PostgreSQL version 15, system-id 1 do not match stanza version 15, system-id 2; DIFFERENT; another database cluster",
                "[050]: unable to acquire lock on file '/lock/main-backup.lock'; BUSY; Another run of pgBackRest",
                "[062]: stop file exists for stanza main; NOT_CONFIGURED; pgbackrest start",
                "[082]: WAL segment 000000010000000000000005 was not archived before the 60000ms timeout; STORAGE; archive_command",
                "[087]: archive_mode must be enabled; NOT_CONFIGURED; archive_mode = on",
                "[049]: unable to connect to 'pitr-source:8432'; CONNECTION; cannot reach"
            })
    void anErrorSaysWhatToDo(String said, Reason reason, String sentence) throws Exception {
        Files.writeString(folder.resolve("said"), "ERROR: " + said + "\n       HINT: look it up\n");

        BackupFailure failure = failure();

        assertThat(failure.reason()).isEqualTo(reason);
        assertThat(failure).hasMessageContaining(sentence);
    }

    /** As 2.45 says of PostgreSQL 18, and of a server that is away. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[VersionNotSupportedError] unexpected control version = 1800 and catalog version = 202506291; VERSION; older than the PostgreSQL server",
                "[DbConnectError] unable to connect to 'dbname='postgres' port=5999': Connection refused; CONNECTION; Connection refused"
            })
    void whatIsWrongWithTheServerIsSaidWithTheWarningOfIt(String warning, Reason reason, String sentence)
            throws Exception {
        Files.writeString(
                folder.resolve("said"),
                "WARN: unable to check pg1: " + warning
                        + "\n      HINT: look it up\nERROR: [056]: unable to find primary cluster - cannot proceed\n       HINT: are all available clusters in recovery?\n");

        BackupFailure failure = failure();

        assertThat(failure.reason()).isEqualTo(reason);
        assertThat(failure).hasMessageContaining(sentence);
    }

    @Test
    void whatAWrongKeyDecryptedIsNotRepeated() throws Exception {
        Files.writeString(
                folder.resolve("said"),
                "ERROR: [029]: unable to load info file '/repo/backup/main/backup.info':\n       FormatError: key/value found outside of section at line 1: \u0007\u001b[31mbytes\n");

        assertThat(failure()).hasMessageContaining("with this key").hasMessageNotContaining("bytes");
    }

    @Test
    void aProgramThatNeverEndsIsEnded() throws Exception {
        Files.writeString(folder.resolve("hang"), "");

        assertThat(catchThrowableOfType(
                        BackupFailure.class, () -> pgBackRest.run(Duration.ofSeconds(1), "info", List.of())))
                .hasMessageContaining("took longer than");
    }
}
