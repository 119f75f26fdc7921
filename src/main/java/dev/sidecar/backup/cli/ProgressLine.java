package dev.sidecar.backup.cli;

import dev.sidecar.commands.TerminalOutput;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.Progress.View;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Sizes;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/** Shows the progress of a command: as a bar on a terminal, otherwise as a line every 15 seconds. */
final class ProgressLine {

    private static final int BAR = 24;
    private static final long BAR_MILLIS = 250;
    private static final long LINE_MILLIS = 15_000;
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    private final PrintStream out;
    private final boolean terminal;
    private int width;
    private String lastStage = "";

    ProgressLine(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Writes to standard error, so that standard output holds only the command's result. */
    static ProgressLine onStandardError() {
        return new ProgressLine(TerminalOutput.bare(System.err), isTerminal(STANDARD_ERROR));
    }

    /** Looks at one stream: Java can only tell for both at once, and standard output is often redirected to a file. */
    private static boolean isTerminal(Path stream) {
        try {
            String target = Files.readSymbolicLink(stream).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null;
        }
    }

    /** Runs the work and shows its progress meanwhile. */
    <T> T during(Progress progress, Supplier<T> work) {
        Thread shower = new Thread(() -> show(progress), "progress");
        shower.setDaemon(true);
        shower.start();
        try {
            return work.get();
        } finally {
            shower.interrupt();
            try {
                shower.join(1_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            clear();
        }
    }

    private void show(Progress progress) {
        try {
            while (true) {
                Thread.sleep(terminal ? BAR_MILLIS : LINE_MILLIS);
                print(progress.now());
            }
        } catch (InterruptedException e) {
            // The work is done.
        }
    }

    void print(View view) {
        if (!terminal) {
            out.println(text(view));
            return;
        }
        if (!view.stage().equals(lastStage)) {
            clear();
            lastStage = view.stage();
        }
        String line = "%s %s".formatted(bar(view), text(view));
        out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
        out.flush();
        width = line.length();
    }

    private void clear() {
        if (terminal && width > 0) {
            out.print("\r" + " ".repeat(width) + "\r");
            out.flush();
            width = 0;
        }
    }

    private static String bar(View view) {
        int filled = view.percent().map(percent -> percent * BAR / 100).orElse(0);
        return "[" + "#".repeat(filled) + ".".repeat(BAR - filled) + "]";
    }

    /** Writes the progress, such as {@code dumping shop: 45 %, 1.2 GB of 2.7 GB, 118 MB/s, 0:13 left}. */
    static String text(View view) {
        if (view.bytes() == 0 && view.expectedBytes() == 0) {
            return HostileText.line(view.stage());
        }
        StringBuilder text = new StringBuilder(HostileText.line(view.stage())).append(": ");
        view.percent().ifPresent(percent -> text.append(percent).append(" %, "));
        text.append(Sizes.of(view.bytes()));
        if (view.expectedBytes() > 0) {
            text.append(" of ").append(Sizes.of(view.expectedBytes()));
        }
        text.append(String.format(Locale.ROOT, ", %s/s", Sizes.of(view.rate())));
        view.left()
                .ifPresent(
                        left -> text.append(", ").append(Durations.clock(left)).append(" left"));
        return text.toString();
    }
}
