package dev.sidecar.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A throwaway PostgreSQL of the installed programs, on a random port of the loopback, in a temporary folder, never as root. It
 * and its folder go when it is closed, when the JVM ends, and when the JVM is killed. The time zone of sessions that bring
 * none (JDBC brings the JVM's, psql and pg_dump do not) is far from UTC on purpose: what is right only in UTC shall fail.
 */
public final class PostgresServer implements AutoCloseable {

    /** Both in one process group that is ended as a whole: a server that is killed while it is made leaves nothing either. */
    private static final String INITIALISE_AND_RUN = """
            programs=$1 folder=$2; shift 2
            (umask 077 && printf %s "$INITIAL_PASSWORD" >"$folder/password") &&
            "$programs/initdb" --pgdata="$folder/data" --username=postgres --auth=scram-sha-256 --pwfile="$folder/password" \\
              --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-sync >/dev/null &&
            exec "$programs/postgres" -D "$folder/data" "$@"
            """;

    /** The same with a server that can be stopped and started again while its folder stays. */
    private static final String INITIALISE_AND_RUN_AGAIN =
            INITIALISE_AND_RUN.replace("exec \"$programs/postgres\" -D \"$folder/data\" \"$@\"", """
            while :; do
              setpriv --pdeathsig INT "$programs/postgres" -D "$folder/data" "$@"
              status=$?
              [ -e "$folder/stopped" ] || exit $status
              : >"$folder/down"
              while [ -e "$folder/stopped" ]; do sleep 0.2; done
              rm "$folder/down"
            done
            """.stripTrailing());

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final Path programs;
    private final Path folder;
    private final int port;
    private final String password;
    private final ChildProcess process;

    private PostgresServer(Path programs, Path folder, int port, String password, ChildProcess process) {
        this.programs = programs;
        this.folder = folder;
        this.port = port;
        this.password = password;
        this.process = process;
    }

    /** The one server that all tests of this JVM share, each in databases of its own. It is started by the first who asks. */
    public static PostgresServer shared() {
        return Shared.SERVER;
    }

    private static final class Shared {
        static final PostgresServer SERVER = start();

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(SERVER::close, "stop-postgres"));
        }
    }

    /** A server of one's own, to be closed. @param settings such as {@code max_connections=7} */
    public static PostgresServer start(String... settings) {
        return start(PostgresPrograms.directory(), settings);
    }

    /** The same, which {@link #pause()} and {@link #resume()} stop and start. */
    public static PostgresServer startPausable(String... settings) {
        return start(PostgresPrograms.directory(), INITIALISE_AND_RUN_AGAIN, settings);
    }

    /** The same of another major. @param programs the folder of its programs */
    public static PostgresServer start(Path programs, String... settings) {
        return start(programs, INITIALISE_AND_RUN, settings);
    }

    private static PostgresServer start(Path programs, String script, String... settings) {
        UnixUser user = UnixUser.unprivileged();
        String password = UUID.randomUUID().toString();
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "sidecar-postgres-" + UUID.randomUUID());
        int port = FreePort.get();
        List<String> command = new ArrayList<>(List.of("sh", "-c", script, "postgres"));
        command.add(programs.toString());
        command.add(folder.toString());
        command.addAll(List.of("-p", Integer.toString(port)));
        Stream.concat(
                        Stream.of(
                                "listen_addresses=127.0.0.1",
                                "unix_socket_directories=" + folder,
                                "timezone=Asia/Kathmandu",
                                "fsync=off",
                                "full_page_writes=off",
                                "synchronous_commit=off",
                                "max_wal_size=2GB"),
                        Stream.of(settings))
                .forEach(setting -> command.addAll(List.of("-c", setting)));
        ChildProcess process = ChildProcess.start(
                "PostgreSQL",
                user,
                Map.of("LC_ALL", "C", "INITIAL_PASSWORD", password),
                line -> {},
                ChildProcess.guarded(folder, "INT", command));
        PostgresServer server = new PostgresServer(programs, folder, port, password, process);
        server.awaitReady();
        return server;
    }

    private void awaitReady() {
        try {
            Awaitility.await("PostgreSQL answers")
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(50))
                    .ignoreExceptionsMatching(SQLException.class::isInstance)
                    .until(() -> {
                        process.requireAlive();
                        connect("postgres").close();
                        return true;
                    });
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    public String host() {
        return "127.0.0.1";
    }

    public int port() {
        return port;
    }

    /** A superuser. */
    public String user() {
        return "postgres";
    }

    /** The superuser's; TCP and socket both ask for it. */
    public String password() {
        return password;
    }

    /** The folder of the Unix domain socket. */
    public Path socketDirectory() {
        return folder;
    }

    /** Where it writes its log, if {@code logging_collector} is on. */
    public Path logDirectory() {
        return folder.resolve("data/log");
    }

    /** The folder of {@code pg_dump} and the other programs of the same major. */
    public Path programs() {
        return programs;
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://%s:%d/%s".formatted(host(), port, database);
    }

    public Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.put("user", user());
        properties.put("password", password);
        properties.put("connectTimeout", "10");
        return DriverManager.getConnection(jdbcUrl(database), properties);
    }

    /** Makes an empty database with a name that no other test uses. @return its name, beginning with the prefix */
    public String createDatabase(String prefix) {
        String name = "%s_%d".formatted(prefix, DATABASES.incrementAndGet());
        execute("postgres", "CREATE DATABASE \"%s\" TEMPLATE template0".formatted(name));
        return name;
    }

    /** Removes a database, whoever is connected. */
    public void dropDatabase(String database) {
        execute("postgres", "DROP DATABASE IF EXISTS \"%s\" WITH (FORCE)".formatted(database));
    }

    /** Runs statements as the superuser, each committed by itself; one string may hold several, separated by semicolons. */
    public void execute(String database, String... statements) {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(database + ": " + e.getMessage(), e);
        }
    }

    /** Runs a script with psql, as the superuser. @param variables of psql, such as {@code role=backup} */
    public void script(String database, Path script, String... variables) {
        List<String> command = new ArrayList<>(List.of(
                programs.resolve("psql").toString(),
                "--no-psqlrc",
                "--quiet",
                "--host=" + host(),
                "--port=" + port,
                "--username=" + user(),
                "--dbname=" + database,
                "--file=" + script.toAbsolutePath()));
        Stream.of(variables).forEach(variable -> command.add("--set=" + variable));
        ChildProcess psql =
                ChildProcess.start("psql", UnixUser.same(), Map.of("PGPASSWORD", password), line -> {}, command);
        if (psql.waitFor(Duration.ofMinutes(1)) != 0) {
            throw new IllegalStateException(script + " failed:\n" + psql.lastLines());
        }
    }

    /** The first column of every row, as text. */
    public List<String> query(String database, String sql) {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(database + ": " + e.getMessage(), e);
        }
    }

    /** Stops the server, whoever is connected; its data stay. */
    public void pause() throws IOException {
        Files.writeString(folder.resolve("stopped"), "");
        Path running = folder.resolve("data/postmaster.pid");
        if (Files.exists(running)) {
            long postmaster = Long.parseLong(Files.readAllLines(running).get(0).strip());
            new ProcessBuilder("kill", "-s", "INT", Long.toString(postmaster)).start();
        }
    }

    /** Starts it again, on the same port. Who stopped it may not have seen yet that it did. */
    public void resume() throws IOException {
        for (int i = 0;
                i < 1_000 && Files.exists(folder.resolve("stopped")) && !Files.exists(folder.resolve("down"));
                i++) {
            LockSupport.parkNanos(100_000_000);
        }
        Files.deleteIfExists(folder.resolve("stopped"));
    }

    /** Ends the server, and all that it has started, by {@code kill -9}; {@link #resume()} starts it again. */
    public void kill() throws IOException {
        Files.writeString(folder.resolve("stopped"), "");
        long postmaster = Long.parseLong(
                Files.readAllLines(folder.resolve("data/postmaster.pid")).get(0).strip());
        ProcessHandle server = ProcessHandle.of(postmaster).orElseThrow();
        List<ProcessHandle> killed =
                Stream.concat(Stream.of(server), server.descendants()).toList();
        killed.forEach(ProcessHandle::destroyForcibly);
        // One that still holds the shared memory keeps the server from starting.
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> killed.stream().noneMatch(ProcessHandle::isAlive));
    }

    /** Stops the server, whoever is connected, and removes its folder. */
    @Override
    public void close() {
        // A folder of a hundred thousand tables is not removed at once.
        process.close(Duration.ofMinutes(3));
    }
}
