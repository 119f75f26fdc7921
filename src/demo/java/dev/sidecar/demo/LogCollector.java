package dev.sidecar.demo;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Alloy of {@code ./run} with the shipped configuration. There are no containers here, so this class does what Docker's daemon does with
 * the output of one: it writes the sample API's lines into the file that Alloy reads. PostgreSQL's log and the machine's journal are real.
 */
final class LogCollector implements AutoCloseable {

    static final String API = "api";
    private static final String CONTAINER = "a".repeat(64);
    /** As the stack's containers rotate theirs. */
    private static final long LARGEST = 10_000_000;

    private final Path home;
    private final int port = FreePort.get();
    private final ChildProcess process;
    private final Path lines;
    private boolean closed;

    private LogCollector(Path program, Path home, String loki, Path postgresLogs) {
        this.home = home;
        this.lines = home.resolve("containers").resolve(CONTAINER).resolve(CONTAINER + "-json.log");
        Map<String, String> environment = new HashMap<>();
        environment.put("STACK", EmbeddedSidecar.STACK);
        environment.put("HOST_NAME", EmbeddedSidecar.HOST);
        environment.put("PROJECT", EmbeddedSidecar.STACK);
        environment.put("API_SERVICES", API);
        environment.put("LOKI_URL", loki);
        environment.put("DOCKER_LOGS", home.resolve("containers").toString());
        environment.put("POSTGRES_LOGS", postgresLogs.toString());
        environment.put("JOURNAL", journal().toString());
        environment.put("GOMEMLIMIT", "150MiB");
        environment.put("GOGC", "50");
        this.process = ChildProcess.start(
                "Alloy",
                UnixUser.same(),
                environment,
                line -> {},
                ChildProcess.guardedWhenReady(
                        home,
                        "TERM",
                        List.of(
                                program.toString(),
                                "run",
                                Path.of("alloy/config.alloy").toAbsolutePath().toString(),
                                "--server.http.listen-addr=" + address(),
                                "--storage.path=" + home.resolve("data"),
                                "--stability.level=public-preview",
                                "--disable-reporting")));
    }

    /** Alloy reports a folder that is missing as an error. */
    private Path journal() {
        Path kept = Path.of("/var/log/journal");
        return Files.isReadable(kept) ? kept : home.resolve("journal");
    }

    /**
     * Starts it.
     *
     * @param beside whose name its folder's begins with
     * @param loki address to which the lines go
     * @param postgresLogs folder of PostgreSQL's log, as JSON
     */
    static LogCollector start(Path program, Path beside, String loki, Path postgresLogs) {
        LogCollector collector = new LogCollector(program, Path.of(beside + "-alloy"), loki, postgresLogs);
        try {
            collector.begin();
            return collector;
        } catch (IOException e) {
            collector.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            collector.close();
            throw e;
        }
    }

    private void begin() throws IOException {
        Watching.awaitFolder(home, List.of(process));
        Files.createDirectories(lines.getParent());
        Files.createDirectories(home.resolve("journal"));
        Files.writeString(lines, "");
        Files.writeString(home.resolve("go"), "");
    }

    /** Takes a line of the sample API's output. */
    synchronized void accept(String line) {
        if (closed) {
            return;
        }
        Map<String, Object> entry = Map.of(
                "log",
                line + "\n",
                "stream",
                "stdout",
                "attrs",
                Map.of("com.docker.compose.project", EmbeddedSidecar.STACK, "com.docker.compose.service", API),
                "time",
                Instant.now().toString());
        byte[] bytes = (JsonMapper.shared().writeValueAsString(entry) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            if (Files.size(lines) > LARGEST) {
                Files.move(
                        lines, lines.resolveSibling(lines.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            }
            Files.write(lines, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        process.close();
    }
}
