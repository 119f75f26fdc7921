package dev.sidecar.pitr;

import dev.sidecar.checks.OwnChecks;
import dev.sidecar.checks.TestChecks;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.support.BoundSettings;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.UnixUser;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A PostgreSQL whose WAL the installed pgBackRest archives, and a sidecar beside it, in a folder of their own. */
final class ArchivedServer implements AutoCloseable {

    /** As root, what writes into the repository does so as the user of PostgreSQL, as both do in the stack. */
    private static final String AS_THE_SERVERS_USER = """
            #!/bin/sh
            case $1 in
              backup|expire|stanza-create) exec setpriv --reuid=%1$s --regid=%1$s --clear-groups pgbackrest "$@" ;;
              *) exec pgbackrest "$@" ;;
            esac
            """;

    private final Path folder;
    private final PostgresServer server;
    private final int instancePort = FreePort.get();
    private MeterRegistry registry = new SimpleMeterRegistry();
    private final Map<String, Object> settings = new HashMap<>();
    private final Map<String, Object> backup = new HashMap<>();
    private Clock clock = Clock.systemUTC();

    private ArchivedServer(Path folder, PostgresServer server) {
        this.folder = folder;
        this.server = server;
    }

    /** @param repository lines of pgBackRest's configuration; empty for an encrypted folder @param more settings of the server */
    static ArchivedServer start(Path folder, String repository, String... more) throws IOException {
        UnixUser user = UnixUser.unprivileged();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path configuration = folder.resolve("pgbackrest.conf");
        String[] own = {
            "archive_mode=on",
            "archive_command=pgbackrest --config=%s --stanza=main archive-push %%p".formatted(configuration),
            "archive_timeout=60",
            "track_commit_timestamp=on",
            "synchronous_commit=on",
            "max_connections=37"
        };
        String[] all = java.util.stream.Stream.concat(java.util.Arrays.stream(own), java.util.Arrays.stream(more))
                .toArray(String[]::new);
        for (String name : List.of("repository", "log", "lock", "spool", "instance", "scratch")) {
            own(Files.createDirectory(folder.resolve(name)), user);
        }
        PostgresServer server = PostgresServer.startPausable(all);
        ArchivedServer archived = new ArchivedServer(folder, server);
        archived.configure(repository);
        Path data = archived.data();
        String hba = Files.readString(data.resolve("pg_hba.conf"));
        Files.writeString(data.resolve("pg_hba.conf"), "local all all trust\n" + hba);
        server.execute("postgres", "SELECT pg_reload_conf()");
        archived.settings.put("enabled", "true");
        archived.settings.put("config", configuration.toString());
        archived.settings.put("results-file", folder.resolve("pitr.json").toString());
        archived.settings.put("repository", folder.resolve("repository").toString());
        archived.settings.put("instance.directory", folder.resolve("instance").toString());
        archived.settings.put("instance.port", archived.instancePort);
        if (user.switched()) {
            Path program = folder.resolve("pgbackrest");
            Files.writeString(program, AS_THE_SERVERS_USER.formatted(user.name()));
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            archived.settings.put("program", program.toString());
        }
        archived.backup.put("server.host", server.host());
        archived.backup.put("server.port", server.port());
        archived.backup.put("server.password", server.password());
        archived.backup.put("server.programs", server.programs().toString());
        archived.backup.put("scratch.directory", folder.resolve("scratch").toString());
        return archived;
    }

    private static void own(Path path, UnixUser user) throws IOException {
        if (user.switched()) {
            Files.setOwner(
                    path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user.name()));
        }
    }

    /** Writes pgBackRest's configuration. @param repository of the repository; empty for an encrypted folder */
    void configure(String repository) throws IOException {
        String folders = repository.isEmpty()
                ? "repo1-path=%s%nrepo1-cipher-type=aes-256-cbc%nrepo1-cipher-pass=a pass phrase of the test%n"
                        .formatted(folder.resolve("repository"))
                : repository;
        Files.writeString(folder.resolve("pgbackrest.conf"), """
                [global]
                %s
                log-path=%s
                lock-path=%s
                spool-path=%s
                repo1-retention-full=2
                compress-type=zst
                start-fast=y
                archive-timeout=20
                [main]
                pg1-path=%s
                pg1-socket-path=%s
                pg1-port=%d
                pg1-user=postgres
                """.formatted(
                        folders,
                        folder.resolve("log"),
                        folder.resolve("lock"),
                        folder.resolve("spool"),
                        data(),
                        server.socketDirectory(),
                        server.port()));
    }

    ArchivedServer with(String setting, Object value) {
        settings.put(setting, value);
        return this;
    }

    ArchivedServer at(Clock other) {
        clock = other;
        return this;
    }

    /** Settings of the rest of the sidecar, below {@code sidecar.backup}. */
    ArchivedServer withBackup(String setting, Object value) {
        backup.put(setting, value);
        return this;
    }

    PostgresServer server() {
        return server;
    }

    Path data() {
        return server.socketDirectory().resolve("data");
    }

    Path folder() {
        return folder;
    }

    /** @return what an alert sees @param name of a metric of the newest {@link #pitr()}, with dots */
    double metric(String name) {
        return registry.get(name).gauge().value();
    }

    private PitrProperties properties() {
        return BoundSettings.of("sidecar.pitr", settings, PitrProperties.class);
    }

    private Postgres postgres() {
        return TestPostgres.of(backup);
    }

    Pitr pitr() {
        OwnChecks checks = TestChecks.of(backup);
        PitrConfiguration configuration = new PitrConfiguration();
        registry = new SimpleMeterRegistry();
        return configuration.pitr(properties(), new PgBackRest(properties()), postgres(), checks, registry, clock);
    }

    Recoveries recoveries() {
        return new PitrConfiguration().recoveries(properties(), new PgBackRest(properties()), postgres());
    }

    InstanceBeside beside() {
        return new PitrConfiguration().instanceBeside(properties(), recoveries(), clock);
    }

    /** A folder that belongs to whom the server runs as. */
    Path folderOfServersUser(String name) throws IOException {
        Path made = Files.createDirectory(folder.resolve(name));
        own(made, UnixUser.unprivileged());
        return made;
    }

    /** Runs a script as that user, with a configuration of pgBackRest in the place of the system's. */
    void asServersUser(Path pgBackRestConfiguration, String script) {
        ChildProcess shell = ChildProcess.start(
                "sh",
                UnixUser.unprivileged(),
                Map.of("LC_ALL", "C.UTF-8", "PGBACKREST_CONFIG", pgBackRestConfiguration.toString()),
                line -> {},
                List.of("sh", "-c", script + " >/dev/null"));
        if (shell.waitFor(Duration.ofMinutes(2)) != 0) {
            throw new IllegalStateException(shell.lastLines());
        }
    }

    /** Rows of the instance beside, as psql prints them. */
    List<String> beside(String database, String query) {
        return ask(folder.resolve("instance/s"), Integer.toString(instancePort), database, query);
    }

    /** Rows of the database shop of a server by its socket. */
    List<String> ask(Path socket, String port, String query) {
        return ask(socket, port, "shop", query);
    }

    /** Rows of a server by its socket. */
    List<String> ask(Path socket, String port, String database, String query) {
        List<String> lines = new java.util.ArrayList<>();
        ChildProcess psql = ChildProcess.start(
                "psql",
                UnixUser.unprivileged(),
                Map.of("LC_ALL", "C.UTF-8"),
                line -> {
                    synchronized (lines) {
                        lines.add(line);
                    }
                },
                List.of(
                        server.programs().resolve("psql").toString(),
                        "-XAtq",
                        "-h",
                        socket.toString(),
                        "-p",
                        port,
                        "-U",
                        "postgres",
                        "-c",
                        query,
                        database));
        if (psql.waitFor(Duration.ofMinutes(1)) != 0) {
            throw new IllegalStateException(psql.lastLines());
        }
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    @Override
    public void close() {
        try {
            recoveries().remove();
        } catch (dev.sidecar.sets.BackupFailure e) {
            // There is none.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.close();
    }
}
