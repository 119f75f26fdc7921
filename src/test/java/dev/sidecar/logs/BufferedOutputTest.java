package dev.sidecar.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BufferedOutputTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Test
    void writesEveryLineOnceAndInOrder() {
        BufferedOutput output = new BufferedOutput((bytes, length) -> written.write(bytes, 0, length), 1024 * 1024);

        for (int i = 0; i < 10_000; i++) {
            output.offer(line(i));
        }
        output.close(Duration.ofSeconds(10));

        assertThat(written.toString(StandardCharsets.UTF_8))
                .isEqualTo(IntStream.range(0, 10_000)
                        .mapToObj(i -> "line " + i + "\n")
                        .collect(Collectors.joining()));
        assertThat(output.counts().delivered()).isEqualTo(10_000);
        assertThat(output.counts().waiting()).isZero();
    }

    @Test
    void aFullPipeHoldsNobodyUpAndWhatFindsNoRoomIsCounted() throws InterruptedException {
        CountDownLatch read = new CountDownLatch(1);
        BufferedOutput output = new BufferedOutput(
                (bytes, length) -> {
                    awaitQuietly(read);
                    written.write(bytes, 0, length);
                },
                64 * 1024);

        // The time limit of the class is the assertion that this returns.
        for (int i = 0; i < 100_000; i++) {
            output.offer(line(i));
        }
        assertThat(output.counts().dropped()).isGreaterThan(80_000);
        read.countDown();
        output.close(Duration.ofSeconds(10));

        assertThat(output.counts().dropped() + output.counts().delivered()).isEqualTo(100_000);
        assertThat(written.toString(StandardCharsets.UTF_8).lines().count())
                .isEqualTo(output.counts().delivered());
    }

    @Test
    void sleepsWhileThereIsNoLine() {
        AtomicReference<Thread> writer = new AtomicReference<>();
        BufferedOutput output = new BufferedOutput(
                (bytes, length) -> {
                    writer.set(Thread.currentThread());
                    written.write(bytes, 0, length);
                },
                64 * 1024);

        for (int i = 0; i < 3; i++) {
            output.offer(line(i));
            int lines = i + 1;
            await().until(() -> output.counts().delivered() == lines);
            await("waits without a limit")
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> writer.get().getState() == Thread.State.WAITING);
        }
        output.close(Duration.ofSeconds(10));

        assertThat(written).hasToString("line 0\nline 1\nline 2\n");
        assertThat(writer.get().isAlive()).isFalse();
    }

    @Test
    void anOutputThatFailsIsCountedAndTriedAgain() {
        BufferedOutput output = new BufferedOutput(
                (bytes, length) -> {
                    if (length == 7) {
                        throw new IOException("closed");
                    }
                    written.write(bytes, 0, length);
                },
                64 * 1024);

        output.offer(line(1));
        await().until(() -> output.counts().failed() == 1);
        output.offer(line(10));
        output.close(Duration.ofSeconds(10));

        assertThat(output.counts().delivered()).isEqualTo(1);
        assertThat(written).hasToString("line 10\n");
    }

    @Test
    void atTheEndItDoesNotWaitForAPipeThatNobodyReads() {
        CountDownLatch never = new CountDownLatch(1);
        BufferedOutput output = new BufferedOutput((bytes, length) -> awaitQuietly(never), 64 * 1024);
        output.offer(line(1));

        output.close(Duration.ofMillis(100));

        assertThat(output.counts().failed()).isEqualTo(1);
        never.countDown();
    }

    private static byte[] line(int number) {
        return ("line " + number + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
