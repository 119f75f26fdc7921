package dev.sidecar.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {

    @Test
    void isARealServerOfTheInstalledMajorWithATimeZoneFarFromUtc() {
        PostgresServer server = PostgresServer.shared();
        String database = server.createDatabase("probe");

        assertThat(psql(server, database, "SHOW timezone")).isEqualTo("Asia/Kathmandu");
        assertThat(server.query(database, "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user"))
                .containsExactly("true");
        assertThat(server.programs().resolve("pg_dump")).isExecutable();

        server.dropDatabase(database);
        assertThatThrownBy(() -> server.connect(database)).hasMessageContaining("does not exist");
    }

    @Test
    void leavesNoProcessAndNoFileBehind() {
        PostgresServer server = PostgresServer.start("max_connections=7");
        Path folder = server.socketDirectory();
        long pid =
                Long.parseLong(server.query("postgres", "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")
                        .get(0));
        assertThat(server.query("postgres", "SHOW max_connections")).containsExactly("7");

        server.close();

        assertThat(folder).doesNotExist();
        assertThat(ProcessHandle.of(pid)).isEmpty();
    }

    @Test
    void whoPlaysUnderRootIsAnUnprivilegedUser() {
        PostgresServer server = PostgresServer.shared();

        assertThat(server.socketDirectory())
                .satisfies(
                        folder -> assertThat(Files.getOwner(folder).getName()).isNotEqualTo("root"));
    }

    @Test
    void aWrongSettingFailsWithWhatTheServerSaid() {
        assertThatThrownBy(() -> PostgresServer.start("no_such_setting=1"))
                .hasMessageContaining("unrecognized configuration parameter");
    }

    @Test
    void theNewestMajorThatIsWholeIsTaken(@TempDir Path debian) throws Exception {
        install(debian.resolve("9/bin"), "initdb", "postgres", "pg_dump", "pg_restore", "psql");
        install(debian.resolve("15/bin"), "initdb", "postgres", "pg_dump", "pg_restore", "psql");
        install(debian.resolve("17/bin"), "pg_dump", "pg_restore", "psql");

        assertThat(PostgresPrograms.find(null, debian, "")).contains(debian.resolve("15/bin"));
        assertThat(PostgresPrograms.find(null, debian.resolve("none"), debian + "/9/bin"))
                .contains(debian.resolve("9/bin"));
        assertThat(PostgresPrograms.find(debian + "/17/bin", debian, "")).isEmpty();
    }

    /** JDBC sends the time zone of the JVM, the client programs take the server's. */
    private static String psql(PostgresServer server, String database, String sql) {
        ChildProcess psql = ChildProcess.start(
                "psql",
                UnixUser.same(),
                Map.of("PGPASSWORD", server.password()),
                line -> {},
                List.of(
                        server.programs().resolve("psql").toString(),
                        "-XAt",
                        "-h" + server.socketDirectory(),
                        "-p" + server.port(),
                        "-Upostgres",
                        "-c" + sql,
                        database));
        assertThat(psql.waitFor(Duration.ofMinutes(1))).isZero();
        return psql.lastLines();
    }

    private static void install(Path folder, String... programs) throws Exception {
        Files.createDirectories(folder);
        for (String program : List.of(programs)) {
            Files.createFile(
                    folder.resolve(program),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
    }
}
