package dev.sidecar.postgres;

import dev.sidecar.SidecarApplication;
import dev.sidecar.support.SidecarJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A prover as in its container: a process of its own, without a network and as another user, that runs this build. */
public final class TestProver {

    private TestProver() {}

    /**
     * @param folder for a file of its own
     * @param shared where its socket appears
     * @param scratch for its scratch files
     */
    public static Process start(Path folder, Path shared, Path scratch) throws IOException {
        Path passwd = Files.writeString(folder.resolve("passwd"), "prover:x:10011:10011::/:/bin/false\n");
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        "bwrap",
                        "--die-with-parent",
                        "--unshare-all",
                        "--uid",
                        "10011",
                        "--gid",
                        "10011",
                        "--bind",
                        "/",
                        "/",
                        "--dev-bind",
                        "/dev",
                        "/dev",
                        "--proc",
                        "/proc",
                        "--ro-bind",
                        passwd.toString(),
                        "/etc/passwd",
                        Path.of("docker/prover").toAbsolutePath().toString(),
                        shared.toString(),
                        scratch.toString()))
                .inheritIO();
        builder.environment()
                .put(
                        "PROVER_COMMAND",
                        String.join(" ", SidecarJvm.command(SidecarApplication.class, "-Xmx32m", "-XX:+UseSerialGC")));
        return builder.start();
    }
}
