package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sidecar.postgres.TestProver;
import dev.sidecar.sets.BackupFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
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

    @Test
    void aProverThatIsKilledSaysNothingOfTheSets(@TempDir Path folder, @TempDir Path provers) throws Exception {
        Path shared = Files.createDirectory(provers.resolve("shared"));
        Path scratch = Files.createDirectory(provers.resolve("files"));
        Process prover = TestProver.start(provers, shared, scratch);
        try (ArchivedServer archived = ArchivedServer.start(folder, "")) {
            Pitr pitr = archived.withBackup(
                            "scratch.prover", shared.resolve("prover").toString())
                    .withBackup("scratch.prover-wait", "60s")
                    .pitr();
            pitr.take(PhysicalSet.Type.FULL);
            CompletableFuture<RecoveryResult> drill = CompletableFuture.supplyAsync(() -> proven(pitr));
            await().atMost(Duration.ofMinutes(2)).until(() -> holds(scratch, "PG_VERSION") || drill.isDone());

            prover.destroyForcibly().waitFor();

            assertThatThrownBy(drill::join).cause().isInstanceOf(BackupFailure.class);
            assertThat(pitr.lastDrill()).isEmpty();
            assertThat(pitr.trouble().orElseThrow()).contains("prover");

            prover = TestProver.start(provers, shared, scratch);
            assertThat(pitr.prove().problems()).isEmpty();
            assertThat(pitr.trouble()).isEmpty();
        } finally {
            prover.destroyForcibly().waitFor();
        }
    }

    private static RecoveryResult proven(Pitr pitr) {
        try {
            return pitr.prove();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean holds(Path folder, String name) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.anyMatch(file -> file.endsWith(name));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }
}
