package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.support.PostgresServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database that somebody holds is not dropped, and it is said who holds it; nothing waits without an end. */
class NewDatabaseTest {

    /** PostgreSQL says after 5 s for whom it waits. */
    private static final Duration LIMIT = Duration.ofSeconds(8);

    private static PostgresServer server;

    private ServerAddress address;
    private String database;

    @BeforeAll
    static void start() {
        server = PostgresServer.start("max_prepared_transactions=2");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void database() {
        database = server.createDatabase("held");
        address = TestPostgres.of(Map.of(
                        "server.host", server.host(),
                        "server.port", server.port(),
                        "server.user", server.user(),
                        "server.password", server.password()))
                .administrator();
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
    }

    /** As in another database, where nobody looks for it: it has no process that could be ended. */
    @Test
    void byAPreparedTransaction() throws Exception {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("COMMENT ON DATABASE %s IS 'x'".formatted(database));
            statement.execute("PREPARE TRANSACTION 'forgotten'");
        }
        try (Session maintenance = address.connectToMaintenance("test")) {
            assertThatThrownBy(() -> NewDatabase.drop(maintenance, database, Duration.ofSeconds(1)))
                    .hasMessageContaining("Cannot drop database " + database)
                    .hasMessageContaining("held by: prepared transaction 'forgotten' of role postgres.");
            assertThat(maintenance.text("SHOW statement_timeout")).isEqualTo("0");
        } finally {
            server.execute("postgres", "ROLLBACK PREPARED 'forgotten'");
        }
    }

    /** As background workers of some extensions do, which never look up from their work. It is connected to another database. */
    @Test
    void byAProcessThatDoesNotLetGoOfItsFiles() throws Exception {
        try (Session other = address.connectToMaintenance("busy");
                Session maintenance = address.connectToMaintenance("test")) {
            String process = other.text("SELECT pg_backend_pid()");
            signal("STOP", process);
            try {
                assertThatThrownBy(() -> NewDatabase.drop(maintenance, database, LIMIT))
                        .hasMessageContaining("not done within 8 s")
                        .hasMessageContaining(
                                "held by: process %s of role postgres (client backend, busy).".formatted(process));
            } finally {
                signal("CONT", process);
            }
            UnfinishedDatabase.drop(address, maintenance, database);
            assertThat(maintenance.texts("SELECT 1 FROM pg_database WHERE datname = '%s'".formatted(database)))
                    .isEmpty();
        }
    }

    @Test
    void whatOneKilledRestoreLeftIsDroppedBesideAnotherThatIsHeld() throws Exception {
        String held = database + "_restoring_20260101_000000";
        String free = database + "_restoring_20260102_000000";
        for (String left : List.of(held, free)) {
            server.execute(
                    "postgres",
                    "CREATE DATABASE " + left,
                    "COMMENT ON DATABASE %s IS 'unfinished restore, made by the sidecar'".formatted(left));
        }
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("GRANT CONNECT ON DATABASE %s TO PUBLIC".formatted(held));
            statement.execute("PREPARE TRANSACTION 'forgotten'");
        }
        try {
            UnfinishedDatabase.sweep(address, Duration.ofSeconds(1));
            assertThat(left()).containsExactly(held);
        } finally {
            server.execute("postgres", "ROLLBACK PREPARED 'forgotten'");
        }
        UnfinishedDatabase.sweep(address);
        assertThat(left()).isEmpty();
    }

    private List<String> left() {
        return server.query(
                "postgres",
                "SELECT datname FROM pg_database WHERE datname LIKE '%s\\_restoring%%'".formatted(database));
    }

    private static void signal(String name, String process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-s", name, process).start().waitFor())
                .isZero();
    }
}
