package dev.sidecar.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {

    @TempDir
    private Path temporary;

    /** As after a {@code kill -9} of whoever started it: a shell says how a program ended, and to whom it says that is gone. */
    @Test
    void theGuardRemovesTheFolderThoughNobodyReadsItsOutput() throws Exception {
        Path folder = temporary.resolve("guarded");
        Process guard = guard(folder, "sleep", "600");
        guard.getInputStream().close();

        guard.toHandle().destroy();

        assertThat(guard.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(folder).doesNotExist();
    }

    @Test
    void theProgramItselfEndsOfABrokenPipeAsEverywhere() throws Exception {
        Path folder = temporary.resolve("guarded");
        Process guard = guard(folder, "yes");
        guard.getInputStream().close();

        assertThat(guard.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(folder).doesNotExist();
    }

    private static Process guard(Path folder, String... program) throws IOException {
        List<String> command = new ArrayList<>(List.of("setsid"));
        command.addAll(ChildProcess.guarded(folder, "TERM", List.of(program)));
        Process guard = new ProcessBuilder(command).redirectErrorStream(true).start();
        Awaitility.await("the program runs")
                .atMost(Duration.ofMinutes(1))
                .until(() -> Files.isDirectory(folder)
                        && guard.descendants()
                                .anyMatch(child ->
                                        child.info().command().orElse("").endsWith("/" + program[0])));
        return guard;
    }
}
