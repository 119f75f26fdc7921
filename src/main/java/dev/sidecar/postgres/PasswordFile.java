package dev.sidecar.postgres;

import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.BackupFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Holds the password for client programs in a file that only this user can read, not in arguments and not in the environment. Before
 * the password is written, the file loses its name: programs find it among the open files of this process, and it ends with it.
 */
public final class PasswordFile implements AutoCloseable {

    private static final Path OUR_OPEN_FILES = Path.of("/proc/self/fd");

    private final FileChannel file;
    private final Path path;

    PasswordFile(@Nullable Secret password) {
        try {
            Path named = Files.createTempFile(
                            "sidecar-pgpass",
                            "",
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                    .toRealPath();
            file = FileChannel.open(named, StandardOpenOption.WRITE);
            path = amongOurOpenFiles(named).orElse(named);
            if (!path.equals(named)) {
                Files.delete(named);
            }
            if (password != null) {
                String line =
                        "*:*:*:*:" + password.reveal().replace("\\", "\\\\").replace(":", "\\:") + "\n";
                file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.SPACE,
                    "Cannot write to the temporary directory: %s. Free some space, or set java.io.tmpdir.".formatted(e),
                    e);
        }
    }

    /** Finds the file's number, which Java does not tell. Without /proc the file keeps its name until it is closed. */
    private static Optional<Path> amongOurOpenFiles(Path named) {
        try (Stream<Path> open = Files.list(OUR_OPEN_FILES)) {
            return open.filter(link -> pointsTo(link, named))
                    .map(link -> Path.of(
                            "/proc",
                            Long.toString(ProcessHandle.current().pid()),
                            "fd",
                            link.getFileName().toString()))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean pointsTo(Path link, Path file) {
        try {
            return Files.readSymbolicLink(link).equals(file);
        } catch (IOException e) {
            return false;
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            file.close();
            if (!path.startsWith("/proc")) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            path.toFile().deleteOnExit();
        }
    }
}
