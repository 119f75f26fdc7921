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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill as in the stack: the recovered server runs in the prover, another process in namespaces of its own. */
class RemoteDrillTest {

    @TempDir
    private Path folder;

    @TempDir
    private Path provers;

    private Path shared;
    private Path scratch;
    private Process prover;
    private ArchivedServer archived;
    private Pitr pitr;

    @BeforeEach
    void start() throws Exception {
        shared = Files.createDirectory(provers.resolve("shared"));
        scratch = Files.createDirectory(provers.resolve("files"));
        prover = TestProver.start(provers, shared, scratch);
        archived = ArchivedServer.start(folder, "");
        pitr = archived.withBackup("scratch.prover", shared.resolve("prover").toString())
                .withBackup("scratch.prover-wait", "60s")
                .pitr();
        pitr.take(PhysicalSet.Type.FULL);
    }

    @AfterEach
    void stop() throws InterruptedException {
        prover.destroyForcibly().waitFor();
        if (archived != null) {
            archived.close();
        }
    }

    @Test
    void aRecoveryIsProvenInTheProver() throws Exception {
        RecoveryResult result = pitr.prove();

        assertThat(result.problems()).isEmpty();
        assertThat(result.lines()).anyMatch(line -> line.contains("isolated in the prover"));
    }

    @Test
    void aProverThatIsKilledSaysNothingOfTheSets() throws Exception {
        CompletableFuture<RecoveryResult> drill = CompletableFuture.supplyAsync(() -> proven(pitr));
        await().atMost(Duration.ofMinutes(2)).until(() -> holds(scratch, "PG_VERSION") || drill.isDone());

        prover.destroyForcibly().waitFor();

        assertThatThrownBy(drill::join).cause().isInstanceOf(BackupFailure.class);
        assertThat(pitr.lastDrill()).isEmpty();
        assertThat(pitr.trouble().orElseThrow()).contains("prover");

        prover = TestProver.start(provers, shared, scratch);
        assertThat(pitr.prove().problems()).isEmpty();
        assertThat(pitr.trouble()).isEmpty();
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
