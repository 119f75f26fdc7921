package dev.sidecar.backup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.Progress;
import dev.sidecar.support.MutableClock;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressLineTest {

    private final MutableClock clock = new MutableClock("2026-11-23T02:00:00Z");
    private final Progress progress = new Progress(clock);
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    @Test
    void saysHowFarHowFastAndHowLongStill() {
        progress.begin("dumping shop", 2_700_000_000L);
        progress.add(1_215_000_000L);
        clock.tick(Duration.ofSeconds(10));

        assertThat(ProgressLine.text(progress.now()))
                .isEqualTo("dumping shop: 45 %, 1.2 GB of 2.7 GB, 122 MB/s, 0:12 left");
    }

    @Test
    void saysWhatIsKnownWhenTheEndIsNot() {
        progress.begin("reading globals", 0);
        progress.add(999);
        clock.tick(Duration.ofSeconds(3));

        assertThat(ProgressLine.text(progress.now())).isEqualTo("reading globals: 999 B, 333 B/s");
    }

    @Test
    void drawsABarOnATerminalAndLinesElsewhere() {
        progress.begin("dumping shop", 1_000);
        progress.add(500);
        clock.tick(Duration.ofSeconds(1));

        line(true).print(progress.now());
        assertThat(shown.toString())
                .isEqualTo("\r[############............] dumping shop: 50 %, 500 B of 1.0 kB, 500 B/s, 0:01 left");

        shown.reset();
        line(false).print(progress.now());
        assertThat(shown.toString())
                .isEqualTo("dumping shop: 50 %%, 500 B of 1.0 kB, 500 B/s, 0:01 left%n".formatted());
    }

    @Test
    void leavesACleanLineBehind() {
        progress.begin("dumping shop", 1_000);
        ProgressLine line = line(true);
        line.print(progress.now());
        shown.reset();

        assertThat(line.during(progress, () -> "done")).isEqualTo("done");

        assertThat(shown.toString()).matches("\r +\r");
    }

    private ProgressLine line(boolean terminal) {
        return new ProgressLine(new PrintStream(shown, true), terminal);
    }
}
