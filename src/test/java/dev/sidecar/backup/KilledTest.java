package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.postgres.ScratchFolder;
import dev.sidecar.sets.Backup;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.SidecarJvm;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sidecar itself is killed, without a chance to clean up. */
class KilledTest {

    private static final String SUBSCRIPTION =
            "CREATE SUBSCRIPTION far CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = 'live')";

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    @Test
    void aRunThatWasKilledIsSweptByTheNext() throws Exception {
        String database = server.createDatabase("killed");
        server.execute(
                database,
                "CREATE TABLE noise AS SELECT i, md5(random()::text) || md5(random()::text) || md5(random()::text)"
                        + " || md5(random()::text) AS text FROM generate_series(1, 300000) i");
        BackupFixture fixture = new BackupFixture(server, folder);
        try {
            Backup good = fixture.take(database);
            Process sidecar = start(fixture, "take", database);
            assertThat(fixture.stored()).anyMatch(file -> file.endsWith(".part"));
            assertThat(passwordFiles()).as("a password has no name, ever").isEmpty();
            sidecar.destroyForcibly().waitFor();
            assertThat(passwordFiles()).isEmpty();

            assertThat(fixture.backups().list()).extracting(Backup::id).containsExactly(good.id());
            Awaitility.await("pg_dump and its snapshot are gone")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> server.query(
                                    "postgres",
                                    "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'sidecar%' AND datname = '"
                                            + database + "'")
                            .isEmpty());
            Backup next = fixture.take(database);
            assertThat(fixture.stored())
                    .allMatch(file -> file.startsWith(good.id().toString())
                            || file.startsWith(next.id().toString()));
            assertThat(fixture.stored()).noneMatch(file -> file.endsWith(".part"));
        } finally {
            server.dropDatabase(database);
        }
    }

    @Test
    void aScratchServerOfAKilledSidecarIsRemovedByTheNext() throws Exception {
        Path scratch = Files.createDirectories(folder.resolve("scratch"));
        folder.toFile().setExecutable(true, false);
        BackupFixture fixture = new BackupFixture(server, folder).with("scratch.directory", scratch.toString());
        Process sidecar = start(fixture, "verify", major());
        List<ProcessHandle> servers = postgresIn(scratch);
        assertThat(servers).isNotEmpty();

        ScratchFolder.sweep(scratch);
        assertThat(postgresIn(scratch)).as("its owner lives").isNotEmpty();

        sidecar.destroyForcibly().waitFor();
        ScratchFolder.sweep(scratch);
        Awaitility.await("the scratch server is gone")
                .atMost(Duration.ofSeconds(60))
                .until(() -> postgresIn(scratch).isEmpty());
        try (Stream<Path> left = Files.list(scratch)) {
            assertThat(left).isEmpty();
        }
    }

    /** The rows are still to come; nobody must take it for a restored database, nor back it up as one. */
    @Test
    void aRestoreThatWasKilledLeavesNothingUnderTheNameThatWasAskedFor() throws Exception {
        String database = server.createDatabase("killed");
        String into = database + "_into";
        String unfinished = "SELECT datname FROM pg_database WHERE datname LIKE '" + into + "%'";
        server.execute(database, "CREATE TABLE t AS SELECT generate_series(1, 10) AS i", SUBSCRIPTION);
        BackupFixture fixture = new BackupFixture(server, folder);
        try {
            fixture.take(database);
            BackupFixture slow = new BackupFixture(server, folder)
                    .withProgram(
                            "pg_restore",
                            "case \"$*\" in *--dbname=*) \"$REAL\" \"$@\"; exec sleep 20;; esac; exec $REAL \"$@\"");
            Process sidecar = start(slow, "restore", into);
            Awaitility.await("the restore has begun")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> server.query("postgres", unfinished).stream()
                            .anyMatch(name -> !server.query(name, "SELECT 1 FROM pg_class WHERE relname = 't'")
                                    .isEmpty()));
            sidecar.destroyForcibly().waitFor();
            List<String> left = server.query("postgres", unfinished);
            assertThat(left).singleElement().asString().startsWith(into + "_restoring_");
            // A database with a subscription cannot simply be dropped.
            server.execute(left.get(0), SUBSCRIPTION);

            Backups backups = fixture.backups();
            backups.restore(RestoreRequest.intoNew(backups.list().get(0).id(), into), backups.progress());
            assertThat(server.query("postgres", unfinished)).containsExactly(into);
            assertThat(server.query("postgres", "SELECT rolname FROM pg_roles WHERE rolname ~ '^sidecar_restore_'"))
                    .as("the role of the restore that was killed, and of the one that was not")
                    .isEmpty();
            assertThat(server.query(into, "SELECT count(*) FROM t")).containsExactly("10");
        } finally {
            for (String name : server.query(
                    "postgres", "SELECT datname FROM pg_database WHERE datname LIKE '" + database + "%'")) {
                server.execute(
                        name,
                        "DO $$BEGIN IF EXISTS (SELECT FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
                                + " WHERE datname = current_database()) THEN"
                                + " ALTER SUBSCRIPTION far SET (slot_name = NONE); DROP SUBSCRIPTION far; END IF; END$$");
                server.dropDatabase(name);
            }
        }
    }

    private String major() {
        return server.query("postgres", "SHOW server_version_num").get(0).replaceFirst("....$", "");
    }

    private static List<ProcessHandle> postgresIn(Path folder) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains(folder.toString())
                        && process.info().commandLine().orElse("").contains("postgres -D"))
                .toList();
    }

    private List<Path> passwordFiles() throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("sidecar-pgpass"))
                    .toList();
        }
    }

    private Process start(BackupFixture fixture, String what, String which) throws Exception {
        List<String> command =
                SidecarJvm.command(KilledSidecar.class, "-Xmx128m", "-XX:+UseSerialGC", "-Djava.io.tmpdir=" + folder);
        command.addAll(List.of(what, which));
        fixture.settings.forEach((name, value) -> command.add(name + "=" + value));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); !"begun".equals(line); line = out.readLine()) {
            assertThat(line).as("it ended before it had begun").isNotNull();
        }
        return process;
    }
}
