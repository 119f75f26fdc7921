package dev.sidecar.backup;

import dev.sidecar.backup.BackupFailure.Reason;
import dev.sidecar.backup.Clients.Client;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A throwaway PostgreSQL in which restores are proven, so that the live server is never touched. It listens on a socket in a directory
 * that only its user can enter, keeps nothing safe, and is removed when closed; what a killed process left is removed by the next.
 */
final class ScratchServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ScratchServer.class);
    private static final String PREFIX = "sidecar-scratch-";
    private static final String OWNER = "owner";
    private static final String PORT = "5432";
    /** Not one that a dump's roles could be called: all of them are created. */
    private static final String SUPERUSER = "sidecar_scratch";
    /** The operating system's limit for a socket's path, less the socket's name. */
    private static final int LONGEST_SOCKET_DIRECTORY = 90;

    private static final String SETTINGS = """
            listen_addresses = ''
            unix_socket_directories = '%s'
            port = 5432
            fsync = off
            synchronous_commit = off
            full_page_writes = off
            wal_level = minimal
            max_wal_senders = 0
            max_wal_size = 4GB
            checkpoint_timeout = 1h
            autovacuum = off
            shared_buffers = 128MB
            maintenance_work_mem = 128MB
            max_locks_per_transaction = 1024
            logging_collector = off
            """;

    private final Path folder;
    private final Client client;
    private final List<String> asUser;

    private ScratchServer(Path folder, Client client, List<String> asUser) {
        this.folder = folder;
        this.client = client;
        this.asUser = asUser;
    }

    /** Where scratch servers and decoded files lie. */
    static Path directory(BackupProperties.Scratch settings) {
        return Path.of(settings.directory().isBlank() ? System.getProperty("java.io.tmpdir") : settings.directory());
    }

    static ScratchServer start(BackupProperties.Scratch settings, Client client) throws InterruptedException {
        if (!client.hasServer()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "A restore cannot be proven: %s has the client programs only. Install postgresql-%d beside the sidecar."
                            .formatted(client.bin(), client.major()));
        }
        Path directory = directory(settings);
        sweep(directory);
        Path folder = makeFolder(directory);
        ScratchServer server = new ScratchServer(folder, client, asUser(settings));
        try {
            server.begin(settings);
            return server;
        } catch (IOException e) {
            server.close();
            throw new BackupFailure(
                    Reason.SPACE, "The scratch server cannot be set up in %s: %s".formatted(folder, e), e);
        } catch (InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Path makeFolder(Path directory) {
        try {
            Files.createDirectories(directory);
            Path folder = Files.createTempDirectory(
                    directory,
                    PREFIX,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (folder.toString().length() > LONGEST_SOCKET_DIRECTORY) {
                Files.delete(folder);
                throw new BackupFailure(
                        Reason.NOT_CONFIGURED,
                        "sidecar.backup.scratch.directory is '%s', too long for a socket's path; it must be shorter than 70 characters."
                                .formatted(directory));
            }
            ProcessHandle self = ProcessHandle.current();
            Files.writeString(folder.resolve(OWNER), self.pid() + " " + startOf(self));
            return folder;
        } catch (IOException e) {
            throw new BackupFailure(
                    Reason.SPACE,
                    "%s cannot be written: %s. Make room, or change sidecar.backup.scratch.directory."
                            .formatted(directory, e),
                    e);
        }
    }

    /** PostgreSQL refuses to run as root, and rightly. */
    private static List<String> asUser(BackupProperties.Scratch settings) throws InterruptedException {
        if (!System.getProperty("user.name").equals("root")) {
            return List.of();
        }
        String group = Child.run(List.of("id", "-g", settings.user()), Reason.NOT_CONFIGURED)
                .strip();
        return List.of("setpriv", "--reuid=" + settings.user(), "--regid=" + group, "--clear-groups");
    }

    private void begin(BackupProperties.Scratch settings) throws IOException, InterruptedException {
        if (!asUser.isEmpty()) {
            Files.setOwner(
                    folder,
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(settings.user()));
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
        Files.writeString(
                data().resolve("postgresql.conf"), SETTINGS.formatted(folder), java.nio.file.StandardOpenOption.APPEND);
        run("pg_ctl", "start", "--wait", "--timeout=120", "--silent", "--pgdata=" + data(), "--log=" + log());
    }

    private void run(String program, String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(asUser);
        command.add(client.program(program));
        command.addAll(List.of(arguments));
        Child.run(command, Reason.RESTORE);
    }

    Server address() {
        return new Server(folder.toString(), Integer.parseInt(PORT), SUPERUSER, null, "disable");
    }

    /** A place for decoded files, removed with the rest. */
    Path folder() {
        return folder;
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path log() {
        return folder.resolve("log");
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
            killPostmaster(folder);
        } finally {
            delete(folder);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Removes what killed processes left: their servers still run. */
    static void sweep(Path directory) {
        try (Stream<Path> folders = Files.list(directory)) {
            folders.filter(folder -> folder.getFileName().toString().startsWith(PREFIX))
                    .filter(ScratchServer::isAbandoned)
                    .forEach(folder -> {
                        killPostmaster(folder);
                        delete(folder);
                        log.atWarn().addKeyValue("folder", folder).log("scratch server of a killed process removed");
                    });
        } catch (IOException e) {
            // Not there: nothing was left in it.
        }
    }

    private static boolean isAbandoned(Path folder) {
        try {
            String[] owner = Files.readString(folder.resolve(OWNER)).split(" ", 2);
            Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(owner[0]));
            return process.filter(ProcessHandle::isAlive)
                    .filter(alive -> startOf(alive).equals(owner[1]))
                    .isEmpty();
        } catch (IOException | RuntimeException e) {
            // Not ours to judge: it is just being made, or belongs to somebody else.
            return false;
        }
    }

    /** A number is used again for other processes; together with its start it is unique. */
    private static String startOf(ProcessHandle process) {
        return process.info().startInstant().map(Object::toString).orElse("?");
    }

    private static void killPostmaster(Path folder) {
        try {
            long pid = Files.readAllLines(folder.resolve("data/postmaster.pid")).stream()
                    .findFirst()
                    .map(line -> Long.parseLong(line.strip()))
                    .orElseThrow();
            ProcessHandle.of(pid)
                    .filter(process -> commandLine(pid).contains(folder.toString()))
                    .ifPresent(process -> {
                        process.destroyForcibly();
                        process.onExit()
                                .orTimeout(10, java.util.concurrent.TimeUnit.SECONDS)
                                .exceptionally(e -> process)
                                .join();
                    });
        } catch (IOException | RuntimeException e) {
            // It never started, or has ended.
        }
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    private static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(
                        Path visited, java.io.@org.jspecify.annotations.Nullable IOException e) throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("folder", folder)
                    .setCause(e)
                    .log("scratch folder could not be removed, delete it");
        }
    }
}
