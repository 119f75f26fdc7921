package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.UnixUser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory whose owner wants to run something where it is recovered: each of these would keep the drill from holding. */
class HostileDirectoryTest {

    @Test
    void nothingThatTheDataDirectorySaysIsHeededInTheProver(@TempDir Path folder) throws Exception {
        try (ArchivedServer archived = ArchivedServer.start(folder, "")) {
            Path space = Files.createDirectory(folder.resolve("space"));
            if (UnixUser.unprivileged().switched()) {
                Files.setOwner(
                        space,
                        space.getFileSystem()
                                .getUserPrincipalLookupService()
                                .lookupPrincipalByName(UnixUser.unprivileged().name()));
            }
            archived.server()
                    .execute(
                            "postgres",
                            "CREATE TABLESPACE elsewhere LOCATION '" + space + "'",
                            "CREATE TABLE there TABLESPACE elsewhere AS SELECT i FROM generate_series(1, 2000) i",
                            "ANALYZE there");
            Path data = archived.data();
            String planted = """
                    shared_preload_libraries = 'evil'
                    session_preload_libraries = 'evil'
                    archive_mode = on
                    archive_command = 'touch %1$s/ran'
                    restore_command = 'touch %1$s/ran; exit 200'
                    recovery_end_command = 'touch %1$s/ran; exit 200'
                    archive_cleanup_command = 'touch %1$s/ran'
                    listen_addresses = '*'
                    hba_file = '/etc/passwd'
                    ssl = on
                    """.formatted(folder);
            Files.writeString(data.resolve("postgresql.conf"), planted, StandardOpenOption.APPEND);
            Files.writeString(data.resolve("postgresql.auto.conf"), planted, StandardOpenOption.APPEND);
            Files.writeString(data.resolve("standby.signal"), "");
            Files.writeString(data.resolve("recovery.conf"), planted);
            Files.writeString(data.resolve("tablespace_map"), "16384 /tmp/elsewhere\n");

            Pitr pitr = archived.pitr();
            pitr.take(PhysicalSet.Type.FULL);
            RecoveryResult result = pitr.prove();

            assertThat(result.problems()).isEmpty();
            assertThat(result.lines()).anyMatch(line -> line.contains("1 sampled tables counted"));
            assertThat(folder.resolve("ran")).doesNotExist();
        }
    }
}
