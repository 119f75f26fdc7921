package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.support.BoundSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives of a size that no test fills: weeks of a segment each minute, as pgBackRest lists them. */
class RepositoryTest {

    private static final String PROGRAM = """
            #!/bin/sh
            case $1 in
              info) echo '[{"archive":[{"database":{"id":1},"id":"15-1"}],"db":[{"id":1,"system-id":7,"version":"15"}],"backup":[],"status":{"code":2}}]' ;;
              repo-ls) awk 'BEGIN {
                  printf "{"
                  for (i = 0; i < %d; i++)
                    printf "%%s\\"%%08X%%08X/%%08X%%08X%%08X-%%040d.zst\\":{\\"type\\":\\"file\\",\\"size\\":10,\\"time\\":%%d}", i ? "," : "", 1, i / 256, 1, i / 256, i %% 256, i, 1795000000 + i
                  %s
                }' ;;
            esac
            """;

    @TempDir
    private Path folder;

    private Repository listing(int segments, String end) throws Exception {
        return said(PROGRAM.formatted(segments, end));
    }

    private Repository said(String script) throws Exception {
        Files.writeString(folder.resolve("conf"), "");
        Path program = Files.writeString(folder.resolve("pgbackrest"), script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new Repository(new PgBackRest(BoundSettings.of(
                "sidecar.pitr",
                Map.of(
                        "program",
                        program.toString(),
                        "config",
                        folder.resolve("conf").toString(),
                        "results-file",
                        "-"),
                PitrProperties.class)));
    }

    @Test
    void manySegments() throws Exception {
        Repository.Contents contents = listing(60_000, "print \"}\"").read();
        assertThat(contents.archived()).hasSize(60_000);
        assertThat(contents.walBytes()).isEqualTo(600_000);
        assertThat(contents.archived().lastKey().number(16 << 20)).isEqualTo(59_999);
    }

    @Test
    void moreThanAnArchiveHasIsNotReadToItsEnd() {
        assertThatThrownBy(() -> listing(1_000_000_000, "print \"}\"").read())
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("more than 200000 segments of WAL");
    }

    /** Its checksums are no signatures: whoever may write there may write any number. */
    @Test
    void timesThatNoCalendarHasAreTakenForOnesOfTheFuture() throws Exception {
        Repository.Contents contents = said("""
                #!/bin/sh
                case $1 in
                  info) echo '[{"archive":[{"database":{"id":1},"id":"15-1"}],"db":[{"id":1,"system-id":7,"version":"15"}],"status":{"code":0},
                    "backup":[{"label":"20261128-010000F","database":{"id":1},"timestamp":{"start":-9223372036854775808,"stop":9223372036854775807},
                      "archive":{"start":"000000010000000000000001","stop":"000000010000000000000002"}}]}]' ;;
                  repo-ls) echo '{"0000000100000000/000000010000000000000001-0000000000000000000000000000000000000000.zst":{"size":1,"time":9223372036854775807}}' ;;
                esac
                """).read();

        Instant last = Instant.parse("9999-12-31T00:00:00Z");
        assertThat(contents.sets())
                .singleElement()
                .satisfies(set -> assertThat(set.stopped()).isEqualTo(last));
        assertThat(contents.archived().values()).containsExactly(last);
    }

    @Test
    void aListThatBreaksOffIsNone() {
        assertThatThrownBy(() -> listing(100, "exit 1").read()).isInstanceOf(BackupFailure.class);
        assertThatThrownBy(() -> listing(100, "").read())
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("repo-ls");
    }
}
