package dev.sidecar.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A program that lives no longer than this JVM: it is in a session of its own, so that Ctrl-C reaches the JVM first, and Linux
 * sends it SIGTERM when the JVM dies, even by {@code kill -9}.
 */
public final class ChildProcess implements AutoCloseable {

    private static final int KEPT_LINES = 60;

    /**
     * Makes a folder, runs a program, passes the wish to end on to it and all that it started, removes the folder. A shell starts
     * background programs deaf to SIGINT, hence {@code env}; and it says how a program ended, of which it dies itself when nobody reads
     * that any more, hence no SIGPIPE.
     */
    private static final String GUARD = """
            folder=$1 signal=$2 asked=; shift 2
            trap : INT
            trap '' PIPE
            trap 'asked=1; trap : TERM HUP; kill -s $signal -- -$$' TERM HUP
            mkdir -m 700 "$folder" || exit
            if [ -z "$asked" ]; then
              setpriv --pdeathsig $signal env --default-signal=INT,QUIT,PIPE "$@" & program=$!
              while kill -0 $program 2>/dev/null; do wait $program; status=$?; done
            fi
            trap '' TERM HUP INT
            rm -rf "$folder"
            exit $status
            """;

    private final Process process;
    private final String name;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final CountDownLatch outputEnded = new CountDownLatch(1);

    private ChildProcess(Process process, String name) {
        this.process = process;
        this.name = name;
    }

    /**
     * @param name for the errors
     * @param user whose rights it gets; this JVM's own if empty
     * @param environment added to this JVM's
     * @param onLine receives every line of its output
     * @param command program and arguments
     */
    public static ChildProcess start(
            String name,
            UnixUser user,
            Map<String, String> environment,
            Consumer<String> onLine,
            List<String> command) {
        List<String> whole = new ArrayList<>(List.of("setsid", "setpriv"));
        whole.addAll(user.setprivOptions());
        whole.addAll(List.of("--pdeathsig", "TERM"));
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole).redirectErrorStream(true);
        builder.directory(new java.io.File("/"));
        builder.environment().putAll(environment);
        CompletableFuture<ChildProcess> started = new CompletableFuture<>();
        // The death signal is bound to the thread that started the child, so that thread has to stay.
        Thread parent = new Thread(() -> runAsParent(name, builder, onLine, started), "parent-of-" + name);
        parent.setDaemon(true);
        parent.start();
        return started.join();
    }

    private static void runAsParent(
            String name, ProcessBuilder builder, Consumer<String> onLine, CompletableFuture<ChildProcess> started) {
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            ChildProcess child = new ChildProcess(process, name);
            started.complete(child);
            child.readLines(onLine);
            process.waitFor();
        } catch (IOException e) {
            started.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readLines(Consumer<String> onLine) {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                keep(line);
                onLine.accept(line);
            }
        } catch (IOException e) {
            keep("(output ended: " + e.getMessage() + ")");
        } finally {
            outputEnded.countDown();
        }
    }

    private void keep(String line) {
        synchronized (lastLines) {
            lastLines.add(line);
            if (lastLines.size() > KEPT_LINES) {
                lastLines.remove();
            }
        }
    }

    /**
     * The command that runs a program whose folder is there while it runs, and is removed when it has ended, in whatever way.
     *
     * @param folder does not exist yet
     * @param signal which asks the program to end: INT, TERM
     */
    public static List<String> guarded(Path folder, String signal, List<String> command) {
        List<String> guarded = new ArrayList<>(List.of("sh", "-c", GUARD, "guard", folder.toString(), signal));
        guarded.addAll(command);
        return guarded;
    }

    /**
     * The same for a program whose configuration the caller writes into that folder as soon as it is there: the program starts when
     * the file {@code go} is in it.
     */
    public static List<String> guardedWhenReady(Path folder, String signal, List<String> command) {
        List<String> waiting = new ArrayList<>(List.of(
                "sh",
                "-c",
                "while [ ! -e \"$1/go\" ]; do sleep 0.1; done; shift; exec \"$@\"",
                "wait",
                folder.toString()));
        waiting.addAll(command);
        return guarded(folder, signal, waiting);
    }

    /**
     * The same for a program in a jar, which runs from a copy in that folder: whoever builds the jar anew meanwhile would take the
     * classes away from under it.
     */
    public static List<String> guardedJar(Path folder, Path jar, String... options) {
        String copy = folder.resolve(jar.getFileName()).toString();
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "cp \"$1\" \"$2\" && shift 2 && exec \"$@\"",
                "copy",
                jar.toAbsolutePath().toString(),
                copy,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")));
        command.addAll(List.of(options));
        command.addAll(List.of("-jar", copy));
        return guarded(folder, "TERM", command);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Returns its last output, for an error that names the cause. */
    public String lastLines() {
        synchronized (lastLines) {
            return String.join("\n", lastLines);
        }
    }

    /** Fails with what it said, if it is not running any more. */
    public void requireAlive() {
        if (!process.isAlive()) {
            throw new IllegalStateException("%s ended with %d:%n%s".formatted(name, process.exitValue(), lastLines()));
        }
    }

    /** @return the exit code. @throws IllegalStateException if it did not end in time; it is killed then */
    public int waitFor(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("%s did not end within %s:%n%s".formatted(name, limit, lastLines()));
            }
            outputEnded.await(5, TimeUnit.SECONDS);
            return process.exitValue();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(name + " was not awaited", e);
        }
    }

    /** Asks it to end, and waits until it did. */
    @Override
    public void close() {
        close(Duration.ofSeconds(30));
    }

    /** As {@link #close()}, for one that has much to clean up. */
    public void close(Duration limit) {
        // Process.destroy() would close the output, and with it what the program says on its way out.
        process.toHandle().destroy();
        waitFor(limit);
    }
}
