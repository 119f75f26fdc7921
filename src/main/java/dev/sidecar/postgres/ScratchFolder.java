package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder for the time of one restore. It names the process that it belongs to: the next process removes what a killed one left, with
 * the server that may still run in it. It holds unencrypted rows, so only its owner may enter. What a stranger's SQL can write to lies in
 * directories within; nothing that is read here is in those.
 */
public final class ScratchFolder implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ScratchFolder.class);
    private static final String PREFIX = "sidecar-scratch-";
    private static final String OWNER = "owner";
    private static final int KILL_SECONDS = 10;
    private static final long LARGE = 16L << 20;

    /** Folders that are removed when the JVM ends, which is the last chance of an interrupted command. */
    private static final Set<ScratchFolder> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> OPEN.forEach(ScratchFolder::close), "remove-scratch-folders"));
    }

    private final Path path;

    private ScratchFolder(Path path) {
        this.path = path;
    }

    /** The directory of such folders. */
    static Path directory(PostgresProperties.Scratch settings) {
        return Path.of(settings.directory().isBlank() ? System.getProperty("java.io.tmpdir") : settings.directory());
    }

    /** @param neededBytes for what it is to hold */
    static ScratchFolder create(Path directory, long neededBytes) {
        sweep(directory);
        try {
            Files.createDirectories(directory);
            long free = Files.getFileStore(directory).getUsableSpace();
            if (free < neededBytes) {
                throw new BackupFailure(
                        Reason.SPACE,
                        "%s has %d MB left, but the restore needs about %d MB. Make room, or change sidecar.backup.scratch.directory."
                                .formatted(directory, free >> 20, neededBytes >> 20));
            }
            Path path = Files.createTempDirectory(
                    directory,
                    PREFIX,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            ProcessHandle self = ProcessHandle.current();
            Files.writeString(path.resolve(OWNER), self.pid() + " " + startOf(self));
            ScratchFolder folder = new ScratchFolder(path);
            OPEN.add(folder);
            return folder;
        } catch (IOException e) {
            throw new BackupFailure(
                    Reason.SPACE,
                    "%s cannot be written: %s. Make room, or change sidecar.backup.scratch.directory."
                            .formatted(directory, e),
                    e);
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        OPEN.remove(this);
        killPostmaster(path);
        delete(path);
    }

    /** Removes what killed processes left. */
    public static void sweep(Path directory) {
        try (Stream<Path> folders = Files.list(directory)) {
            folders.filter(folder -> folder.getFileName().toString().startsWith(PREFIX))
                    .filter(ScratchFolder::isAbandoned)
                    .forEach(folder -> {
                        killPostmaster(folder);
                        delete(folder);
                        log.atWarn().addKeyValue("folder", folder).log("scratch folder of a killed process removed");
                    });
        } catch (IOException e) {
            // A missing directory holds no leftovers.
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
            // It is just being made, or belongs to another user.
            return false;
        }
    }

    /** Process numbers are used again; with its start time a process is unique. */
    private static String startOf(ProcessHandle process) {
        return process.info().startInstant().map(Object::toString).orElse("?");
    }

    /** Kills only a process whose command line names the folder: the number may belong to another by now. */
    private static void killPostmaster(Path folder) {
        try {
            long pid = Files.readAllLines(folder.resolve("work/data/postmaster.pid")).stream()
                    .findFirst()
                    .map(line -> Long.parseLong(line.strip()))
                    .orElseThrow();
            ProcessHandle.of(pid)
                    .filter(process -> commandLine(pid).contains(folder.toString()))
                    .ifPresent(process -> {
                        process.destroyForcibly();
                        process.onExit()
                                .orTimeout(KILL_SECONDS, TimeUnit.SECONDS)
                                .exceptionally(e -> process)
                                .join();
                    });
        } catch (IOException | RuntimeException e) {
            // No server ever started in it, or it has ended.
        }
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    /** Deletes large files on all cores, because freeing their pages takes long; what fails is tried once more. */
    private static void deleteLargeFiles(Path folder) {
        try (Stream<Path> found = Files.find(
                folder,
                Integer.MAX_VALUE,
                (file, attributes) -> attributes.isRegularFile() && attributes.size() > LARGE)) {
            found.toList().parallelStream().forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    log.atDebug().addKeyValue("file", file).setCause(e).log("file not removed at once");
                }
            });
        } catch (IOException | UncheckedIOException e) {
            log.atDebug().addKeyValue("folder", folder).setCause(e).log("folder not read at once");
        }
    }

    private static void delete(Path folder) {
        deleteLargeFiles(folder);
        try {
            deleteTree(folder);
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                deleteWhatResists(folder);
            }
        } catch (IOException | BackupFailure e) {
            log.atWarn()
                    .addKeyValue("folder", folder)
                    .setCause(e)
                    .log("scratch folder could not be removed, delete it");
        }
    }

    /** Directories that nobody may enter, or nested deeper than a path may be long: what ran in a sandbox left them. */
    private static void deleteWhatResists(Path folder) {
        boolean interrupted = Thread.interrupted();
        try {
            Child.run(List.of("chmod", "-R", "u+rwX", folder.toString()), Reason.SPACE);
            Child.run(List.of("rm", "-rf", "--one-file-system", folder.toString()), Reason.SPACE);
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException resists) {
                    // Tried again by other means.
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) {
                try {
                    Files.deleteIfExists(visited);
                } catch (IOException resists) {
                    // Tried again by other means.
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
