package dev.sidecar.backup;

import dev.sidecar.sets.BackupId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks which backups are being verified or restored on this machine, by this process or by another, such as a command beside the server.
 * It uses file locks, because the operating system releases them when their owner dies.
 */
final class InUse {

    private static final Logger log = LoggerFactory.getLogger(InUse.class);

    private final Path directory;
    private final Map<BackupId, Hold> holds = new HashMap<>();

    /** @param directory of the lock files; created when first needed */
    InUse(Path directory) {
        this.directory = directory;
    }

    /** Marks a backup as in use until the result is closed. */
    synchronized Hold hold(BackupId id) {
        Hold hold = holds.computeIfAbsent(id, Hold::new);
        hold.users++;
        return hold;
    }

    synchronized boolean isInUse(BackupId id) {
        if (holds.containsKey(id)) {
            return true;
        }
        Path file = file(id);
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                return true;
            }
            Files.deleteIfExists(file);
            return false;
        } catch (OverlappingFileLockException e) {
            return true;
        } catch (IOException e) {
            // If in doubt it is in use: the cost is a backup kept for longer.
            return Files.exists(file);
        }
    }

    private Path file(BackupId id) {
        return directory.resolve(id.toString());
    }

    /** Marks one backup as in use. */
    final class Hold implements AutoCloseable {

        private final BackupId id;
        private final @Nullable FileChannel channel;
        private int users;

        private Hold(BackupId id) {
            this.id = id;
            channel = lock(id);
        }

        private @Nullable FileChannel lock(BackupId id) {
            try {
                Files.createDirectories(directory);
                FileChannel file = FileChannel.open(file(id), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                if (file.tryLock() == null) {
                    log.atDebug().addKeyValue("backup", id).log("backup is in use by another process too");
                }
                return file;
            } catch (IOException | OverlappingFileLockException e) {
                log.atWarn()
                        .addKeyValue("backup", id)
                        .setCause(e)
                        .log("cannot lock a backup in use; another process may expire it");
                return null;
            }
        }

        @Override
        public void close() {
            synchronized (InUse.this) {
                if (--users > 0) {
                    return;
                }
                holds.remove(id);
                if (channel != null) {
                    try {
                        channel.close();
                    } catch (IOException e) {
                        log.atWarn().setCause(e).log("cannot close a lock file");
                    }
                }
            }
        }
    }
}
