package dev.sidecar.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;

/** Writes log files as the Docker daemon, PostgreSQL and the journal do. */
public record LogFiles(Path containers, Path postgres, Path journal) {

    /** The daemon's buffer for one line. */
    private static final int PIECE = 16 * 1024;

    private static final JsonMapper JSON = new JsonMapper();
    private static final Path JOURNAL_WRITER = Path.of("/lib/systemd/systemd-journal-remote");
    private static final DateTimeFormatter OF_POSTGRES =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS 'UTC'").withZone(ZoneOffset.UTC);

    public static LogFiles in(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new LogFiles(
                Files.createDirectory(directory.resolve("containers")),
                Files.createDirectory(directory.resolve("postgres")),
                Files.createDirectory(directory.resolve("journal")));
    }

    /** One line each, of a container of the project {@code demo}. */
    public void container(String service, String... lines) throws IOException {
        for (String line : lines) {
            containerOf("demo", service, Instant.now(), line);
        }
    }

    /** A line that is said to have been written then. */
    void container(String service, Instant at, String line) throws IOException {
        containerOf("demo", service, at, line);
    }

    /** A line of one of several containers of a service. */
    void replica(String service, int number, Instant at, String line) throws IOException {
        logged("demo", service, id("demo" + number, service), at, line + "\n");
    }

    /** A line of a container of another project. */
    void strangers(String line) throws IOException {
        containerOf("stranger", "strange", Instant.now(), line);
    }

    /** A line as the daemon cuts it: every piece has the time of the first, and only the last ends in a line feed. */
    void pieces(String service, String line) throws IOException {
        Instant at = Instant.now();
        for (int from = 0; from < line.length(); from += PIECE) {
            int to = Math.min(line.length(), from + PIECE);
            logged("demo", service, at, line.substring(from, to) + (to == line.length() ? "\n" : ""));
        }
    }

    /** The last words of a program that ends without a line feed. */
    void unfinished(String service, String text) throws IOException {
        logged("demo", service, Instant.now(), text);
    }

    private void containerOf(String project, String service, Instant at, String line) throws IOException {
        logged(project, service, at, line + "\n");
    }

    private void logged(String project, String service, Instant at, String text) throws IOException {
        logged(project, service, id(project, service), at, text);
    }

    private void logged(String project, String service, String id, Instant at, String text) throws IOException {
        Map<String, Object> entry = Map.of(
                "log",
                text,
                "stream",
                "stdout",
                "attrs",
                Map.of("com.docker.compose.project", project, "com.docker.compose.service", service),
                "time",
                at.toString());
        append(
                Files.createDirectories(containers.resolve(id)).resolve(id + "-json.log"),
                JSON.writeValueAsString(entry));
    }

    /** The identifier of a service's container, which is in the name of its file. */
    public static String id(String service) {
        return id("demo", service);
    }

    private static String id(String project, String service) {
        return UUID.nameUUIDFromBytes((project + service).getBytes(StandardCharsets.UTF_8))
                .toString()
                .replace("-", "")
                .repeat(2);
    }

    void postgres(String severity, String sqlState, String message) throws IOException {
        append(
                postgres.resolve("postgresql.json"),
                JSON.writeValueAsString(Map.of(
                        "timestamp",
                        OF_POSTGRES.format(Instant.now()),
                        "user",
                        "app",
                        "dbname",
                        "app",
                        "error_severity",
                        severity,
                        "state_code",
                        sqlState,
                        "message",
                        message,
                        "backend_type",
                        "client backend")));
    }

    /** Journal files have no simple format, so systemd's own program writes them. */
    void journal(int priority, String message) throws IOException {
        assertThat(JOURNAL_WRITER).as("apt-get install systemd-journal-remote").isExecutable();
        long micros = System.currentTimeMillis() * 1000;
        String entry = """
                __REALTIME_TIMESTAMP=%1$d
                __MONOTONIC_TIMESTAMP=%1$d
                _BOOT_ID=0123456789abcdef0123456789abcdef
                _MACHINE_ID=0123456789abcdef0123456789abcdef
                _SYSTEMD_UNIT=test.service
                SYSLOG_IDENTIFIER=test
                PRIORITY=%2$d
                MESSAGE=%3$s

                """.formatted(micros, priority, message);
        Process writer = new ProcessBuilder(
                        JOURNAL_WRITER.toString(), "--output=" + journal.resolve("remote.journal"), "-")
                .redirectErrorStream(true)
                .start();
        try (var input = writer.outputWriter(StandardCharsets.UTF_8)) {
            input.write(entry);
        }
        assertThat(new String(writer.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("writing 1 entries");
    }

    private static void append(Path file, String line) throws IOException {
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
