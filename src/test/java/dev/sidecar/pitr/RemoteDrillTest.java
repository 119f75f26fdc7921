package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill as in the stack: the recovered server runs in the prover, another process in namespaces of its own. */
class RemoteDrillTest {

    @Test
    void aRecoveryIsProvenInTheProver(@TempDir Path folder, @TempDir Path provers) throws Exception {
        Path shared = Files.createDirectory(provers.resolve("shared"));
        Path scratch = Files.createDirectory(provers.resolve("files"));
        Process prover = prover(provers, shared, scratch);
        try (ArchivedServer archived = ArchivedServer.start(folder, "")) {
            Pitr pitr = archived.withBackup(
                            "scratch.prover", shared.resolve("prover").toString())
                    .withBackup("scratch.prover-wait", "60s")
                    .pitr();
            pitr.take(PhysicalSet.Type.FULL);

            RecoveryResult result = pitr.prove();

            assertThat(result.problems()).isEmpty();
            assertThat(result.lines()).anyMatch(line -> line.contains("isolated in the prover"));
        } finally {
            prover.destroyForcibly().waitFor();
        }
    }

    private static Process prover(Path folder, Path shared, Path scratch) throws Exception {
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
                        "%s/bin/java -Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp %s %s"
                                .formatted(
                                        System.getProperty("java.home"),
                                        System.getProperty("java.class.path"),
                                        SidecarApplication.class.getName()));
        return builder.start();
    }
}
