package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.postgres.TestProver;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill as in the stack: the recovered server runs in the prover, another process in namespaces of its own. */
class RemoteDrillTest {

    @Test
    void aRecoveryIsProvenInTheProver(@TempDir Path folder, @TempDir Path provers) throws Exception {
        Path shared = Files.createDirectory(provers.resolve("shared"));
        Path scratch = Files.createDirectory(provers.resolve("files"));
        Process prover = TestProver.start(provers, shared, scratch);
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
}
