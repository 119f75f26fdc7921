package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChildTest {

    private static final int MORE_THAN_A_PIPE_HOLDS = 1 << 20;

    static List<Consumer<Child>> waysToStop() {
        return List.of(Child::close, Child::endOrStop);
    }

    /** As a sandbox does that is stopped while it starts: what it leaves behind holds the pipe and reads nothing. */
    @ParameterizedTest
    @MethodSource("waysToStop")
    void whoWritesToAProgramThatIsStoppedIsNotLeftWaiting(Consumer<Child> stop) {
        Child child = Child.start(List.of("/bin/sh", "-c", "exec 3<&0; sleep 1000 <&3 >/dev/null 2>&1 & wait"));
        await().atMost(Duration.ofMinutes(1))
                .until(() -> ProcessHandle.of(child.pid())
                                .orElseThrow()
                                .descendants()
                                .count()
                        > 0);
        ProcessHandle left = ProcessHandle.of(child.pid())
                .orElseThrow()
                .descendants()
                .findFirst()
                .orElseThrow();
        CompletableFuture<Boolean> brokeOff = CompletableFuture.supplyAsync(() -> {
            try (OutputStream input = child.input()) {
                input.write(new byte[MORE_THAN_A_PIPE_HOLDS]);
                return false;
            } catch (IOException e) {
                return true;
            }
        });

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> stop.accept(child));

        await().atMost(Duration.ofMinutes(1)).until(() -> stopped.isDone() && brokeOff.isDone());
        assertThat(brokeOff).isCompletedWithValue(true);
        await().atMost(Duration.ofMinutes(1)).until(() -> !left.isAlive());
    }

    /** A server answers pg_restore in the encoding of the database, and other programs in UTF-8. */
    @Test
    void errorsAreReadInTheLettersOfTheDatabase() throws Exception {
        String errors = "read go; printf 'gr\\366\\337e\\nge\\303\\266ffnet' >&2; exit 1";
        try (Child child = Child.start(List.of("/bin/sh", "-c", errors)).speaking(StandardCharsets.ISO_8859_1)) {
            assertThatThrownBy(() -> child.finish(Reason.RESTORE)).hasMessageEndingWith("größe\ngeöffnet");
        }
    }
}
