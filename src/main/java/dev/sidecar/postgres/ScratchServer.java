package dev.sidecar.postgres;

import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scratch PostgreSQL server in which restores are proven, so that the live server is never touched. It listens on a socket in a folder
 * that only its user can enter, does not protect its data against a crash, and is removed when closed.
 */
public final class ScratchServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ScratchServer.class);
    private static final int PORT = 5432;
    /** A name that no role of a dump has: all of those are created. */
    private static final String SUPERUSER = "sidecar_scratch";
    /** The operating system's limit for a socket's path, less the socket's name. */
    private static final int LONGEST_SOCKET_DIRECTORY = 90;

    /** The write-ahead log is never read again: its files need no zeros, and none is kept. */
    private static final String SETTINGS = """
            listen_addresses = ''
            unix_socket_directories = '%s'
            port = 5432
            fsync = off
            synchronous_commit = off
            full_page_writes = off
            wal_level = minimal
            max_wal_senders = 0
            wal_init_zero = off
            wal_recycle = off
            wal_buffers = 32MB
            max_wal_size = 4GB
            checkpoint_timeout = 1h
            autovacuum = off
            bgwriter_lru_maxpages = 0
            jit = off
            shared_buffers = 128MB
            maintenance_work_mem = 128MB
            max_locks_per_transaction = 1024
            logging_collector = off
            shared_preload_libraries = '%s'
            """;
    /** Extensions that cannot be created unless the server was started with their library. */
    private static final Set<String> PRELOADED = Set.of("pgaudit");

    private final ScratchFolder folder;
    private final Client client;
    private final List<String> asUser;

    private ScratchServer(ScratchFolder folder, Client client, List<String> asUser) {
        this.folder = folder;
        this.client = client;
        this.asUser = asUser;
    }

    /**
     * @param neededBytes for what is to be restored
     * @param extensions that the restored database uses
     */
    static ScratchServer start(
            PostgresProperties.Scratch settings, Client client, long neededBytes, Collection<String> extensions)
            throws InterruptedException {
        if (!client.hasServer()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "Cannot prove a restore: %s has only the client programs. Install postgresql-%d beside the sidecar."
                            .formatted(client.bin(), client.major()));
        }
        ScratchServer server = new ScratchServer(ScratchFolder.create(settings, neededBytes), client, asUser(settings));
        try {
            server.begin(settings, extensions);
            return server;
        } catch (IOException e) {
            server.close();
            throw new BackupFailure(
                    Reason.SPACE, "Cannot set up the scratch server in %s: %s".formatted(server.folder(), e), e);
        } catch (InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** PostgreSQL refuses to run as root. */
    private static List<String> asUser(PostgresProperties.Scratch settings) throws InterruptedException {
        if (!System.getProperty("user.name").equals("root")) {
            return List.of();
        }
        String group = Child.run(List.of("id", "-g", settings.user()), Reason.NOT_CONFIGURED)
                .strip();
        return List.of("setpriv", "--reuid=" + settings.user(), "--regid=" + group, "--clear-groups");
    }

    private void begin(PostgresProperties.Scratch settings, Collection<String> extensions)
            throws IOException, InterruptedException {
        if (folder().toString().length() > LONGEST_SOCKET_DIRECTORY) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "sidecar.backup.scratch.directory is '%s', too long for a socket's path; it must be shorter than 60 characters."
                            .formatted(folder().getParent()));
        }
        if (!asUser.isEmpty()) {
            Files.setOwner(
                    folder(),
                    folder().getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(settings.user()));
        }
        run(
                "initdb",
                "--pgdata=" + data(),
                "--username=" + SUPERUSER,
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "--no-instructions");
        String preloaded = extensions.stream()
                .filter(PRELOADED::contains)
                .filter(client::hasLibrary)
                .collect(Collectors.joining(","));
        Files.writeString(
                data().resolve("postgresql.conf"), SETTINGS.formatted(folder(), preloaded), StandardOpenOption.APPEND);
        run(
                "pg_ctl",
                "start",
                "--wait",
                "--timeout=120",
                "--silent",
                "--pgdata=" + data(),
                "--log=" + folder().resolve("log"));
    }

    private void run(String program, String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(asUser);
        command.add(client.program(program));
        command.addAll(List.of(arguments));
        Child.run(command, Reason.RESTORE);
    }

    public ServerAddress address() {
        return new ServerAddress(folder().toString(), PORT, SUPERUSER, null, "disable", "postgres");
    }

    public boolean hasAmcheck() {
        try (Session session = address().connect("postgres", "sidecar verify")) {
            return !session.texts("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")
                    .isEmpty();
        } catch (SQLException e) {
            throw new BackupFailure(Reason.RESTORE, "Cannot query the scratch server: " + e.getMessage(), e);
        }
    }

    /** The folder for decoded files, removed with the server. */
    public Path folder() {
        return folder.path();
    }

    private Path data() {
        return folder().resolve("data");
    }

    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            if (Files.exists(data().resolve("postmaster.pid"))) {
                run("pg_ctl", "stop", "--mode=immediate", "--wait", "--silent", "--pgdata=" + data());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (BackupFailure e) {
            log.atWarn().setCause(e).log("scratch server did not stop, it is killed");
        } finally {
            folder.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
