package dev.sidecar.backup;

import dev.sidecar.secrets.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The password for client programs, in a file that only this user can read: not in arguments, not in the environment. */
final class PasswordFile implements AutoCloseable {

    private final Path file;

    PasswordFile(@Nullable Secret password) {
        try {
            file = Files.createTempFile(
                    "sidecar-pgpass",
                    "",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            if (password != null) {
                Files.writeString(
                        file,
                        "*:*:*:*:" + password.reveal().replace("\\", "\\\\").replace(":", "\\:") + "\n");
            }
        } catch (IOException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.SPACE,
                    "The temporary directory cannot be written: %s. Make room, or set java.io.tmpdir.".formatted(e),
                    e);
        }
    }

    Path path() {
        return file;
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
