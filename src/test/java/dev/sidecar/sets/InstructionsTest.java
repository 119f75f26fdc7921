package dev.sidecar.sets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.backup.BackupFixture;
import dev.sidecar.support.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the commands of a set's RESTORE.md as they stand: stock programs, another server, and none of our code. */
class InstructionsTest {

    private static final Pattern COMMANDS = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"zstd, true, 8KB", "zstd, false, 1GB", "gzip, true, 1GB"})
    void aSetIsRestoredByItsOwnInstructions(String compression, boolean encrypted, String ownArchiveAbove)
            throws Exception {
        String database = server.createDatabase("by hand");
        String role = "role of " + database;
        server.execute("postgres", "CREATE ROLE \"%s\"".formatted(role));
        server.execute(
                database,
                "CREATE TABLE item (id int PRIMARY KEY, text text)",
                "INSERT INTO item SELECT i, md5(i::text) FROM generate_series(1, 3000) i",
                "CREATE TABLE child (item int REFERENCES item)",
                "INSERT INTO child SELECT i FROM generate_series(1, 2000) i",
                "ALTER TABLE child OWNER TO \"%s\"".formatted(role),
                "ALTER DATABASE \"%s\" SET work_mem = '9MB'".formatted(database),
                "ALTER DATABASE \"%s\" OWNER TO \"%s\"".formatted(database, role));
        BackupFixture fixture = new BackupFixture(server, folder)
                .with("compression.method", compression)
                .with("dump.own-archive-above", ownArchiveAbove);
        if (encrypted) {
            fixture.with("encryption.recipients", Keys.RECIPIENT);
        }
        Path set = fixture.store.resolve(fixture.take(database).id().toString());
        String commands = COMMANDS.matcher(Files.readString(set.resolve("RESTORE.md")))
                .results()
                .map((MatchResult block) -> block.group(1))
                .collect(Collectors.joining());
        try (PostgresServer elsewhere = PostgresServer.start()) {
            run(commands, set, elsewhere);
            assertThat(elsewhere.query("restored", "SELECT count(*) FROM item JOIN child ON item = id"))
                    .containsExactly("2000");
            assertThat(elsewhere.query("restored", "SHOW work_mem")).containsExactly("9MB");
            assertThat(elsewhere.query("restored", "SELECT tableowner FROM pg_tables WHERE tablename = 'child'"))
                    .containsExactly(role);
        } finally {
            server.dropDatabase(database);
            server.execute("postgres", "DROP ROLE \"%s\"".formatted(role));
        }
    }

    private void run(String commands, Path set, PostgresServer elsewhere) throws Exception {
        Path key = Files.writeString(folder.resolve("key"), Keys.IDENTITY + "\n");
        Path publicKey = Files.writeString(
                folder.resolve("public-key"), TestSets.signatures(Map.of()).publicKey());
        ProcessBuilder shell = new ProcessBuilder(List.of("sh", "-eu", "-c", commands))
                .directory(set.toFile())
                .redirectErrorStream(true);
        shell.environment()
                .putAll(Map.of(
                        "PGHOST", elsewhere.host(),
                        "PGPORT", Integer.toString(elsewhere.port()),
                        "PGUSER", elsewhere.user(),
                        "PGPASSWORD", elsewhere.password(),
                        "PATH", elsewhere.programs() + ":" + System.getenv("PATH"),
                        "KEY", key.toString(),
                        "PUBLIC_KEY", publicKey.toString()));
        Process process = shell.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue())
                .as("needs age and zstd (apt-get install age zstd); it said:\n%s\nof:\n%s", output, commands)
                .isZero();
    }

    /** What an operator reads names the key, never more of it. */
    @Test
    void theyNameTheKeyThatIsNeeded() {
        Manifest.Server like =
                new Manifest.Server("15.1", 150_001, "1", "UTF8", "C", "C", "libc", null, null, List.of());
        String text = Instructions.text(
                BackupId.parse("app.20261123T020000Z.daily.00000000"),
                like,
                new Manifest.EncryptedWith("age-x25519", List.of(Keys.RECIPIENT)),
                List.of(),
                "pg_dump 15.1",
                "0123456789abcdef");
        assertThat(text).contains(Keys.RECIPIENT).doesNotContain("AGE-SECRET-KEY");
    }
}
