package dev.sidecar.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TerminalOutputTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream terminal = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final TerminalOutput out = new TerminalOutput(terminal);

    @Test
    void whateverIsPrintedCannotControlTheTerminal() {
        out.printf("database '%s'%n", "\u001b]0;x\u0007 \u009b2J\r");
        out.print('\u001b');
        out.write(0x1b);

        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .isEqualTo("database '\\u001b]0;x\\u0007 \\u009b2J\\u000d'\n\\u001b\\u001b");
    }

    @Test
    void lettersThatComeInPartsArriveWhole() {
        for (byte b : "Müller 👩\n".getBytes(StandardCharsets.UTF_8)) {
            out.write(b);
        }
        out.println("ä".repeat(30_000));

        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("Müller 👩\n" + "ä".repeat(30_000) + "\n");
    }

    @Test
    void theBareStreamIsForTheCursor() {
        TerminalOutput.bare(out).print("\r");
        assertThat(TerminalOutput.bare(terminal)).isSameAs(terminal);
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("\r");
    }
}
