package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.Programs;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.StackExporter;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The owner of the application's database against the exporter that watches the server, started as the compose file starts it. An exporter
 * that says "down" mutes other alerts, and one that sends new series without end fills Prometheus.
 */
class ExporterAttackTest {

    private static PostgresServer server;
    private static ChildProcess exporter;
    private static String metrics;

    @BeforeAll
    static void start() {
        server = PostgresServer.start("shared_preload_libraries=pg_stat_statements", "max_connections=70");
        server.execute(
                "postgres",
                "CREATE ROLE app LOGIN PASSWORD 'of-app'",
                "CREATE ROLE monitor LOGIN PASSWORD 'of-monitor' IN ROLE pg_monitor",
                "CREATE DATABASE app OWNER app",
                "REVOKE CONNECT ON DATABASE app FROM PUBLIC",
                "GRANT CONNECT ON DATABASE app TO monitor",
                "CREATE SCHEMA monitoring",
                "GRANT USAGE ON SCHEMA monitoring TO monitor",
                "CREATE EXTENSION pg_stat_statements SCHEMA monitoring");
        String address = "127.0.0.1:" + FreePort.get();
        List<String> command = new ArrayList<>();
        command.add(Programs.find("postgres_exporter").toString());
        command.addAll(List.of(StackExporter.arguments("postgres-exporter")));
        command.add("--web.listen-address=" + address);
        exporter = ChildProcess.start(
                "postgres_exporter",
                UnixUser.same(),
                Map.of(
                        "DATA_SOURCE_URI",
                        StackExporter.variable("postgres-exporter", "DATA_SOURCE_URI")
                                .replace("${POSTGRES_HOST:-postgres}", "127.0.0.1")
                                .replace("${POSTGRES_PORT:-5432}", "" + server.port())
                                .replaceAll("\\$\\{[A-Z_]+:-([a-z]+)}", "$1"),
                        "DATA_SOURCE_USER",
                        "monitor",
                        "DATA_SOURCE_PASS",
                        "of-monitor"),
                line -> {},
                command);
        metrics = "http://" + address + "/metrics";
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .ignoreExceptionsMatching(IOException.class::isInstance)
                .until(() -> {
                    exporter.requireAlive();
                    return scrape().contains("pg_up 1");
                });
    }

    @AfterAll
    static void stop() {
        exporter.close();
        server.close();
    }

    @AfterEach
    void forget() {
        server.execute(
                "postgres",
                "ALTER DATABASE app RESET ALL",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "idle_session_timeout = 1",
                "local_preload_libraries = 'not_there'",
                "statement_timeout = 1",
                "default_transaction_deferrable = on",
                "extra_float_digits = -15",
                "search_path = public"
            })
    void aSettingOfTheDatabaseHidesNoServer(String setting) throws Exception {
        try (Connection owner = owner("owner")) {
            execute(owner, "ALTER DATABASE app SET " + setting);
        }

        assertWatched();
    }

    /** Everybody who comes to that database waits behind the second lock, before a first statement of theirs. */
    @Test
    void aCatalogueThatItsOwnerLocksHidesNoServer() throws Exception {
        try (Connection reader = owner("reader");
                Connection rewriter = owner("rewriter")) {
            reader.setAutoCommit(false);
            execute(reader, "SELECT count(*) FROM pg_class");
            Thread rewriting = new Thread(() -> {
                try {
                    execute(rewriter, "VACUUM FULL pg_class");
                } catch (SQLException e) {
                    // It is ended with its session.
                }
            });
            rewriting.start();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> !server.query(
                                    "postgres", "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                            .isEmpty());

            assertWatched();

            forget();
            rewriting.join();
        }
    }

    /**
     * Before PostgreSQL 16 nothing is reserved for anybody but a superuser: the session that the exporter has is all that still sees the
     * server, and what it counts must be enough for DbConnectionsSaturated.
     */
    @Test
    void anApplicationThatTakesAllConnectionsIsSeenAndNamed() throws Exception {
        assertWatched();
        List<Connection> taken = new ArrayList<>();
        try {
            SQLException refused = null;
            while (refused == null) {
                try {
                    taken.add(owner("all"));
                } catch (SQLException e) {
                    refused = e;
                }
            }

            assertThat(refused.getSQLState()).isEqualTo("53300");
            assertThat(scrape()).contains("\npg_up 1\n");
            assertThat(sum("pg_stat_activity_count{backend_type=\"client backend\"")
                            / (sum("pg_settings_max_connections{")
                                    - sum("pg_settings_superuser_reserved_connections{")
                                    - sum("pg_settings_reserved_connections{")))
                    .isGreaterThan(0.95);
            ServerAddress backups = new ServerAddress(
                    "127.0.0.1", server.port(), "monitor", Secret.of("of-monitor"), "disable", "postgres");
            assertThatThrownBy(() -> backups.connectToMaintenance("sidecar backup"))
                    .isInstanceOfSatisfying(
                            BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONNECTION))
                    .hasMessageContaining("All connections are in use")
                    .hasMessageContaining("reserved_connections keeps some for 'monitor'");
        } finally {
            for (Connection session : taken) {
                session.close();
            }
        }
    }

    private static double sum(String metric) throws Exception {
        return scrape().lines()
                .filter(line -> line.startsWith(metric))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void namesThatClientsGiveThemselvesMakeNoSeries() throws Exception {
        Set<String> before = series();

        for (int round = 0; round < 3; round++) {
            List<Connection> sessions = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sessions.add(owner("sidecar %d-%d".formatted(round, i)));
                sessions.add(owner("a \"name\"\n%d-%d".formatted(round, i)));
            }
            before.addAll(series());
            for (Connection session : sessions) {
                session.close();
            }
        }

        assertThat(before)
                .filteredOn(line -> line.startsWith("pg_stat_activity_count"))
                .hasSizeLessThan(100);
        assertThat(before)
                .filteredOn(line -> line.startsWith("pg_stat_activity_count") && line.contains("usename=\"app\""))
                .extracting(line -> line.replaceAll(".*client=\"([^\"]*)\".*", "$1"))
                .containsOnly("other");
    }

    /** Each series is kept for hours: as many as the application can make up within them would fill Prometheus. */
    @Test
    void statementsThatTheApplicationMakesUpMakeFewSeries() throws Exception {
        try (Connection owner = owner("owner")) {
            for (int columns = 1; columns <= 200; columns++) {
                execute(owner, "SELECT 1" + ", 1".repeat(columns));
            }
        }

        assertThat(series())
                .filteredOn(line -> line.startsWith("pg_stat_statements_calls_total"))
                .hasSizeBetween(1, 25);
    }

    /** Whoever takes backups has six hours for a transaction, and is known by rights and not by a name that anybody may say. */
    @Test
    void onlyWhoPassesRowSecurityIsABackup() throws Exception {
        server.execute(
                "postgres",
                "CREATE ROLE saver LOGIN BYPASSRLS PASSWORD 'of-saver'",
                "GRANT CONNECT ON DATABASE app TO saver");
        try (Connection forged = owner("pg_dump");
                Connection dump = session("saver", "pg_dump");
                Connection snapshot = session("saver", "sidecar backup");
                Connection other = session("saver", "psql")) {
            for (Connection session : List.of(forged, dump, snapshot, other)) {
                session.setAutoCommit(false);
                execute(session, "SELECT 1");
            }

            assertThat(series())
                    .filteredOn(line -> line.startsWith("pg_stat_activity_max_tx_duration")
                            && line.contains("state=\"idle in transaction\""))
                    .extracting(line -> line.replaceAll(".*client=\"([^\"]*)\".*usename=\"([^\"]*)\".*", "$2 $1"))
                    .contains("app other", "saver pg_dump", "saver sidecar", "saver other")
                    .doesNotContain("app pg_dump");
        }
    }

    /** SlowQueries leaves out what three roles run, by their names. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET ROLE monitor",
                "SET SESSION AUTHORIZATION monitor",
                "GRANT monitor TO app",
                "CREATE ROLE backup",
                "ALTER ROLE app RENAME TO restore"
            })
    void theApplicationCannotBeARoleThatRulesExcuse(String statement) throws Exception {
        try (Connection owner = owner("owner")) {
            assertThatThrownBy(() -> execute(owner, statement)).isInstanceOf(SQLException.class);
        }
    }

    /** Scripts name their errors, and replicas their addresses. */
    @Test
    void namesThatClientsOfRedisMakeUpAreNotKept(@TempDir Path directory) throws Exception {
        int port = FreePort.get();
        String address = "127.0.0.1:" + FreePort.get();
        try (ChildProcess redis = program("redis-server", "--port", "" + port, "--save", "", "--dir", "" + directory);
                ChildProcess redisExporter = program(
                        "redis_exporter", "--redis.addr=redis://127.0.0.1:" + port, "--web.listen-address=" + address);
                Socket client = redisClient(port, redis);
                Socket replica = redisClient(port, redis)) {
            say(client, "EVAL", "return redis.error_reply('MADEUP of a client')", "0");
            say(replica, "REPLCONF", "ip-address", "made-up\"}\n");
            say(replica, "PSYNC", "?", "-1");
            Path config = RenderedConfig.prometheus(
                    Files.createDirectory(directory.resolve("prometheus")), Map.of("REDIS_EXPORTER_TARGET", address));
            Files.writeString(
                    config, Files.readString(config).replaceAll("scrape_(interval|timeout): [0-9]+s", "scrape_$1: 1s"));

            try (PrometheusServer prometheus = PrometheusServer.start(config, FreePort.get())) {
                Awaitility.await()
                        .atMost(Duration.ofMinutes(2))
                        .until(() -> redisExporter.isAlive()
                                && !prometheus
                                        .query("redis_connected_slaves == 1")
                                        .isEmpty()
                                && !prometheus
                                        .query("redis_total_error_replies > 0")
                                        .isEmpty());
                assertThat(prometheus.query("{err=~\"MADEUP.*\"} or {slave_ip=~\"made-up.*\"}"))
                        .isEmpty();
            }
        }
    }

    private static ChildProcess program(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Programs.find(name).toString()));
        command.addAll(List.of(arguments));
        return ChildProcess.start(name, UnixUser.same(), Map.of(), line -> {}, command);
    }

    private static Socket redisClient(int port, ChildProcess redis) {
        return Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptionsMatching(IOException.class::isInstance)
                .until(
                        () -> {
                            redis.requireAlive();
                            return new Socket("127.0.0.1", port);
                        },
                        Socket::isConnected);
    }

    private static void say(Socket redis, String... words) throws IOException {
        StringBuilder command = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            command.append("$")
                    .append(word.length())
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        redis.getOutputStream().write(command.toString().getBytes(StandardCharsets.US_ASCII));
        assertThat(redis.getInputStream().read()).as("it answers").isPositive();
    }

    private static void assertWatched() throws Exception {
        server.execute("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'monitor'");
        // The first answer may still say that the old session ended.
        scrape();
        String answer = scrape();

        assertThat(answer).contains("\npg_up 1\n").contains("pg_database_size_bytes{datname=\"app\"}");
        assertThat(answer.lines().filter(line -> line.startsWith("pg_scrape_collector_success")))
                .hasSizeGreaterThan(10)
                .allMatch(line -> line.endsWith(" 1"));
        assertThat(answer).contains("pg_stat_statements_calls_total{");
    }

    private static Set<String> series() throws Exception {
        return scrape().lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.substring(0, line.lastIndexOf(' ')))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String scrape() throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(metrics))
                                .timeout(Duration.ofMinutes(1))
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    private static Connection owner(String name) throws SQLException {
        return session("app", name);
    }

    private static Connection session(String user, String name) throws SQLException {
        java.util.Properties properties = new java.util.Properties();
        properties.put("user", user);
        properties.put("password", "of-" + user);
        properties.put("ApplicationName", name);
        return DriverManager.getConnection(server.jdbcUrl("app"), properties);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
