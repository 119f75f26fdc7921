package dev.sidecar.pitr;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.UnixUser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * A file system of little room, mounted in a namespace of a process of PostgreSQL's user and reached through that process: it goes with
 * the process, however that ends, and nothing of it was ever mounted on this machine.
 */
final class SmallRepository implements AutoCloseable {

    private static final String MOUNT = """
            mount -t tmpfs -o size=%dm,mode=755 small /mnt && mkdir /mnt/repository && cd / && exec sleep infinity
            """;

    private final ChildProcess holder;
    private final Path root;

    SmallRepository(int megabytes) {
        holder = ChildProcess.start(
                "small file system",
                UnixUser.unprivileged(),
                Map.of(),
                line -> {},
                List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT.formatted(megabytes)));
        root = Path.of("/proc/%d/root/mnt".formatted(holder.pid()));
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            holder.requireAlive();
            return Files.isDirectory(path());
        });
    }

    Path path() {
        return root.resolve("repository");
    }

    /** Takes all room but some. @param leave kilobytes that stay free */
    void fill(int leave) {
        // What is full ends dd with an error.
        as("dd if=/dev/zero of=%1$s/full bs=64k 2>/dev/null; truncate --size=-%2$dK %1$s/full".formatted(root, leave));
    }

    void makeRoom() {
        as("rm " + root.resolve("full"));
    }

    private static void as(String script) {
        ChildProcess shell =
                ChildProcess.start("shell", UnixUser.unprivileged(), Map.of(), line -> {}, List.of("sh", "-c", script));
        if (shell.waitFor(Duration.ofMinutes(1)) != 0) {
            throw new IllegalStateException(script + ": " + shell.lastLines());
        }
    }

    @Override
    public void close() {
        holder.close();
    }
}
