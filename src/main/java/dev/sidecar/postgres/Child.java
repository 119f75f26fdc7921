package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.Encodings;
import dev.sidecar.text.Limited;
import dev.sidecar.text.ServerErrors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Runs a client program, without a shell and with an environment of its own, so that nothing leaks into it. Its errors are read at all
 * times, so that it never waits for this process.
 */
public final class Child implements AutoCloseable {

    /** The list of an archive of 100,000 tables has 40 MB. */
    private static final int LONGEST_OUTPUT = 64 * 1024 * 1024;

    private static final int KEPT_ERRORS = 8_192;
    private static final int BUFFER = 256 * 1024;
    private static final int GRACE_SECONDS = 5;
    /** Java reports 128 plus the number of the signal. */
    private static final int BROKEN_PIPE = 141;
    /** Until 17 Java encoded arguments as it encodes files. */
    private static final Charset ARGUMENTS = Runtime.version().feature() < 18
            ? Charset.defaultCharset()
            : Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** No child outlives this process, unless it is killed. */
    private static final Set<Child> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> RUNNING.forEach(child -> child.stop(false)), "stop-children"));
    }

    private final String name;
    private final Process process;
    /** None of a program in the prover: what that started ends with it, there. */
    private final Optional<ProcessHandle> handle;

    private final StringBuilder errors = new StringBuilder();
    private final Consumer<String> listener;
    private String unfinished = "";
    private final Thread drain;
    private volatile Charset letters = StandardCharsets.UTF_8;
    private boolean cut;

    Child(String name, Process process, Consumer<String> listener) {
        this.name = name;
        this.process = process;
        this.handle = process instanceof RemotePipe.RemoteProcess ? Optional.empty() : Optional.of(process.toHandle());
        this.listener = listener;
        RUNNING.add(this);
        process.onExit().thenRun(() -> RUNNING.remove(this));
        drain = new Thread(this::drainErrors, name + "-errors");
        drain.setDaemon(true);
        drain.start();
    }

    /** @param command the program's path and its arguments, none of them secret */
    public static Child start(List<String> command) {
        return startPipe(List.of(command), line -> {}).get(0);
    }

    /** Starts a pipeline: each program reads the output of the one before it. @param commands as for {@link #start} */
    static List<Child> startPipe(List<List<String>> commands, Consumer<String> errors) {
        return startPipe(
                commands.stream().map(command -> nameOf(command.get(0))).toList(), commands, errors);
    }

    static String nameOf(String program) {
        return program.substring(program.lastIndexOf('/') + 1);
    }

    /**
     * Starts the same.
     *
     * @param names of the programs, where the commands begin with what confines them
     * @param errors takes each line of their errors
     */
    static List<Child> startPipe(List<String> names, List<List<String>> commands, Consumer<String> errors) {
        commands.forEach(command -> checkLetters(command, ARGUMENTS));
        try {
            List<Process> processes = ProcessBuilder.startPipeline(
                    commands.stream().map(Child::builder).toList());
            List<Child> children = new ArrayList<>();
            for (int i = 0; i < commands.size(); i++) {
                children.add(new Child(names.get(i), processes.get(i), errors));
            }
            return children;
        } catch (IOException e) {
            String programs = commands.stream().map(command -> command.get(0)).collect(Collectors.joining(" or "));
            throw new BackupFailure(Reason.NOT_CONFIGURED, "%s cannot be started: %s".formatted(programs, e), e);
        }
    }

    /** Refuses arguments that the locale cannot encode: Java would replace their letters, and name another database. */
    public static void checkLetters(List<String> command, Charset locale) {
        CharsetEncoder encoder = locale.newEncoder();
        command.stream()
                .filter(argument -> !encoder.canEncode(argument))
                .findFirst()
                .ifPresent(argument -> {
                    throw new BackupFailure(
                            Reason.NOT_CONFIGURED,
                            "\"%s\" cannot be passed to %s in the locale of this process (%s): start it with LC_ALL=C.UTF-8."
                                    .formatted(argument, command.get(0), locale));
                });
    }

    private static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        String path = environment.getOrDefault("PATH", "/usr/bin:/bin");
        environment.clear();
        environment.put("PATH", path);
        environment.put("LC_ALL", "C.UTF-8");
        return builder.directory(new java.io.File("/"));
    }

    /** Runs a program to its end. @return its output @throws BackupFailure with its errors if it failed */
    public static String run(List<String> command, Reason reason) throws InterruptedException {
        try (Child child = start(command)) {
            return child.finish(reason);
        }
    }

    /** Gives it no input and waits for its end. @return its output @throws BackupFailure with its errors if it failed */
    public String finish(Reason reason) throws InterruptedException {
        try {
            input().close();
            String output = new String(Limited.whole(output(), LONGEST_OUTPUT), StandardCharsets.UTF_8);
            expectSuccess(reason);
            return output;
        } catch (IOException e) {
            throw new BackupFailure(reason, "%s broke off: %s".formatted(name, e), e);
        }
    }

    /** Reads what of its errors is not in UTF-8 in this encoding: a server speaks that of the database. */
    public Child speaking(Charset letters) {
        this.letters = letters;
        return this;
    }

    /** The output of the program. */
    public InputStream output() {
        return process.getInputStream();
    }

    /** The input of the program. */
    public OutputStream input() {
        return process.getOutputStream();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Copies all of its output; then it must have succeeded. */
    public void copyTo(OutputStream out, Reason reason) throws IOException, InterruptedException {
        byte[] buffer = new byte[BUFFER];
        InputStream in = output();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            out.write(buffer, 0, n);
        }
        expectSuccess(reason);
    }

    /** Waits for the program to end, and for the last of its errors to be read. @return its exit code */
    public int waitForErrors() throws InterruptedException {
        int exit = process.waitFor();
        drain.join(TimeUnit.SECONDS.toMillis(GRACE_SECONDS));
        return exit;
    }

    /** Waits for the program to succeed. */
    public void expectSuccess(Reason reason) throws InterruptedException {
        int exit = process.waitFor();
        if (exit != 0) {
            throw failure(reason, "ended with exit code " + exit);
        }
    }

    /** Tells whether it ended because nothing read its output, which is no fault of its own. */
    public boolean lostItsReader() {
        return process.exitValue() == BROKEN_PIPE || errors().contains("Broken pipe");
    }

    public int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /**
     * Makes a failure that carries the last errors of the program. The client programs tell no SQLSTATE; that both they and the server
     * speak English is seen to where they are started and where they connect ({@link ServerAddress}).
     */
    public BackupFailure failure(Reason reason, String what) throws InterruptedException {
        drain.join(TimeUnit.SECONDS.toMillis(GRACE_SECONDS));
        String said = errors();
        Reason precise = said.contains("permission denied") || said.contains("row-level security policy")
                ? Reason.PERMISSION
                // pg_dump waits for its locks under a statement_timeout; nothing else has one in our sessions.
                : said.contains("lock timeout") || said.contains("statement timeout") ? Reason.LOCK_TIMEOUT : reason;
        return new BackupFailure(
                precise, "%s %s: %s".formatted(name, what, said.isBlank() ? "it printed no message" : said));
    }

    String errors() {
        synchronized (errors) {
            String said = errors.toString().strip();
            return cut ? ServerErrors.afterCut(said) : said;
        }
    }

    private void listen(String part) {
        String text = unfinished + part;
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            listener.accept(text.substring(from, end));
            from = end + 1;
        }
        unfinished = text.substring(Math.max(from, text.length() - KEPT_ERRORS));
    }

    private void drainErrors() {
        byte[] buffer = new byte[4_096];
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (InputStream in = process.getErrorStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    line.write(buffer[i]);
                    if (buffer[i] == '\n' || line.size() == KEPT_ERRORS) {
                        said(line);
                    }
                }
            }
            said(line);
        } catch (IOException e) {
            // It was stopped, which closed its stream.
        }
    }

    private void said(ByteArrayOutputStream line) {
        String part = Encodings.either(line.toByteArray(), letters);
        line.reset();
        listen(part);
        synchronized (errors) {
            errors.append(part);
            if (errors.length() > KEPT_ERRORS) {
                // Whole lines alone: what is left of a cut one may be a row that an error quotes.
                int next = errors.indexOf("\n", errors.length() - KEPT_ERRORS);
                errors.delete(0, next < 0 ? errors.length() : next + 1);
                cut = true;
            }
        }
    }

    /** Waits some seconds for it to end by itself, then stops it by force. */
    void endOrStop() {
        endWith(started());
    }

    /** Stops it if it still runs: with SIGTERM, and by force some seconds later. */
    @Override
    public void close() {
        List<ProcessHandle> started = started();
        stop(false);
        endWith(started);
    }

    private List<ProcessHandle> started() {
        return handle.stream().flatMap(ProcessHandle::descendants).toList();
    }

    /** Through the handle: destroy() of a process also closes its input, and waits for whoever is writing to it. */
    private void stop(boolean byForce) {
        handle.ifPresentOrElse(
                local -> {
                    if (byForce) {
                        local.destroyForcibly();
                    } else {
                        local.destroy();
                    }
                },
                process::destroy);
    }

    /**
     * Waits some seconds for its end, and ends by force what is left. That is what it started, too: a sandbox that is stopped while it starts
     * can leave a process behind that holds the ends of the pipes, and whoever writes to one would wait for ever.
     */
    private void endWith(List<ProcessHandle> started) {
        try {
            if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                stop(true);
                process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            stop(true);
            Thread.currentThread().interrupt();
        }
        started.forEach(ProcessHandle::destroyForcibly);
    }
}
