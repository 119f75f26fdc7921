package dev.sidecar.alerts;

import static dev.sidecar.support.Docker.docker;

import dev.sidecar.support.Programs;
import dev.sidecar.support.StackImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file system of 16 MiB, mounted on the host by a container that may: a Docker engine is the right to mount that tests have. */
final class SmallVolume implements AutoCloseable {

    private static final String IMAGE = StackImage.of("postgres");
    private static final long SIZE = 16L << 20;

    private final Path mountpoint;

    /** @param directory is made, and becomes the mount point */
    SmallVolume(Path directory) throws IOException {
        mountpoint = Files.createDirectory(directory);
        Path image = directory.resolveSibling("volume.img");
        Files.write(image, new byte[(int) SIZE]);
        Programs.Result made = Programs.run(
                directory,
                "mkfs.ext4",
                List.of("-q", "-m", "0", "-E", "root_owner=%s".formatted(owner(image)), image.toString()));
        if (made.exitCode() != 0) {
            throw new IllegalStateException("mkfs.ext4: " + made.output());
        }
        onTheHost("mount", "-o", "loop", image.toString(), mountpoint.toString());
    }

    private static String owner(Path file) throws IOException {
        return Files.getAttribute(file, "unix:uid") + ":" + Files.getAttribute(file, "unix:gid");
    }

    String mountpoint() {
        return mountpoint.toString();
    }

    void fill() throws IOException {
        long free = Files.getFileStore(mountpoint).getUsableSpace();
        Files.write(mountpoint.resolve("full"), new byte[(int) (free * 0.98)]);
    }

    void empty() throws IOException {
        Files.delete(mountpoint.resolve("full"));
    }

    /** What is mounted below a shared directory is mounted on the host. */
    private void onTheHost(String... command) {
        Path directory = mountpoint.getParent();
        List<String> run = new ArrayList<>(List.of("run", "--rm", "--privileged", "--network", "none"));
        run.addAll(List.of("--volume", directory + ":" + directory + ":rshared", "--entrypoint", command[0], IMAGE));
        run.addAll(List.of(command).subList(1, command.length));
        docker(run.toArray(String[]::new));
    }

    @Override
    public void close() {
        onTheHost("umount", mountpoint.toString());
    }
}
