package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.OnDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** In each of these something is away: the database, services, exporters, the room on a disk. */
class OutageDrillTest extends FireDrills {

    /**
     * The promise: one mail about the database, and none about slow queries and the probe that need it, although their alerts fire, nor about
     * the backup, whose alert waits for its repetition. What is broken still when the database answers again is told then.
     */
    @Test
    @Order(1)
    void aStoppedDatabaseIsOneMailAndNoWordOfWhatNeedsIt() throws Exception {
        AtomicBoolean load = new AtomicBoolean(true);
        for (int i = 0; i < 2; i++) {
            Thread client = new Thread(() -> runSlowQueries(load), "slow-queries");
            client.setDaemon(true);
            client.start();
        }
        awaitQuery(
                "slow queries have been pending for a while",
                "time() - ALERTS_FOR_STATE{alertname=\"SlowQueries\"} > 18");

        stack.stopPostgres();
        try {
            awaitMail("DatabaseConnectionFailed", "FIRING");
            awaitMuted("SlowQueries", "DatabaseConnectionFailed");
            assertThat(stack.sidecar().takeBackup()).isEqualTo("FAILED");
            awaitMuted("EndpointProbeFailed", "DatabaseConnectionFailed");
            awaitQuery(
                    "the backup has failed for longer than its alert waits",
                    "max_over_time(sidecar_backup_last_run_success[30s]) == 0");
            assertThat(mails("SlowQueries")).isEmpty();
            assertThat(told("EndpointProbeFailed", "firing", "api")).isEmpty();
            assertThat(told("BackupFailed", "firing", "sidecar")).isEmpty();
            assertThat(mails("DatabaseConnectionFailed")
                            .filter(mail -> text(mail).contains("FIRING")))
                    .hasSize(1);
        } finally {
            load.set(false);
            stack.breakApi(true);
            stack.startPostgres();
        }
        awaitMail("DatabaseConnectionFailed", "RESOLVED");
        awaitTold("EndpointProbeFailed", "firing", "api");
        awaitTold("BackupFailed", "firing", "sidecar");
        stack.breakApi(false);
        awaitTold("EndpointProbeFailed", "resolved", "api");
        assertThat(stack.sidecar().takeBackup()).isEqualTo("DONE");
        awaitTold("BackupFailed", "resolved", "sidecar");
        assertThat(mails("SlowQueries")).isEmpty();
    }

    @Test
    @Order(2)
    void deadlocksAndTooManyConnectionsAreTold() throws Exception {
        List<Connection> connections = new ArrayList<>();
        // Two more statistics than before: the counter has to be seen at zero first.
        awaitQuery("the new server is scraped", "pg_stat_database_deadlocks{datname=\"app\"} == 0");
        deadlock();
        awaitTold("DbDeadlocks", "firing", "postgres");
        try {
            for (int i = 0; i < 16; i++) {
                connections.add(connect());
            }
            awaitTold("DbConnectionsSaturated", "firing", "postgres");
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
        awaitTold("DbConnectionsSaturated", "resolved", "postgres");
    }

    @Test
    @Order(3)
    void stoppedServicesAndExportersAreTold() {
        int probes = (int) told("EndpointProbeFailed", "firing", "api").count();
        stack.stop("redis");
        stack.stop("nginx");
        stack.stop("node_exporter");
        stack.stop("postgres_exporter");

        awaitMail("ServiceDown", "FIRING");
        awaitTold("ServiceDown", "firing", "redis");
        awaitTold("ServiceDown", "firing", "nginx");
        awaitTold("HostDown", "firing", "node");
        awaitTold("ExporterDown", "firing", "postgres");
        awaitMuted("EndpointProbeFailed", "ServiceDown");
        assertThat(told("EndpointProbeFailed", "firing", "api")).hasSize(probes);

        Set.of("redis", "nginx", "node_exporter", "postgres_exporter").forEach(stack::start);
        awaitTold("ServiceDown", "resolved", "redis");
        awaitTold("ServiceDown", "resolved", "nginx");
        awaitTold("HostDown", "resolved", "node");
        awaitTold("ExporterDown", "resolved", "postgres");
    }

    /** Its warning comes later and is not told: the critical one has said it. */
    @Test
    @Order(4)
    @Tag("docker")
    void aFullVolumeIsToldOnceAndItsEndToo(@TempDir(factory = OnDisk.class) Path directory) throws IOException {
        try (SmallVolume volume = new SmallVolume(directory.resolve("volume"))) {
            volume.fill();
            Awaitility.await("DiskSpaceLow is told")
                    .atMost(Duration.ofMinutes(3))
                    .until(() -> toldOfVolume("firing", volume).findAny().isPresent());
            awaitMail("DiskSpaceLow", "almost no space left on " + volume.mountpoint());
            awaitQuery(
                    "the warning fires, too",
                    "ALERTS{alertname=\"DiskSpaceLow\",severity=\"warning\",alertstate=\"firing\",mountpoint=\"%s\"}"
                            .formatted(volume.mountpoint()));

            volume.empty();
            Awaitility.await("the end is told")
                    .atMost(Duration.ofMinutes(3))
                    .until(() -> toldOfVolume("resolved", volume).findAny().isPresent());
            assertThat(toldOfVolume("firing", volume))
                    .extracting(alert -> alert.path("labels").path("severity").asString())
                    .containsOnly("critical");
        }
    }

    private Stream<JsonNode> toldOfVolume(String status, SmallVolume volume) {
        return told("DiskSpaceLow", status, "node")
                .filter(alert ->
                        alert.path("labels").path("mountpoint").asString().equals(volume.mountpoint()));
    }

    private void runSlowQueries(AtomicBoolean load) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            while (load.get()) {
                statement.execute("SELECT pg_sleep(0.9)");
            }
        } catch (SQLException e) {
            // The server was stopped, which is what the drill is about.
        }
    }

    private void deadlock() throws Exception {
        try (Connection one = connect();
                Connection two = connect()) {
            one.createStatement().execute("CREATE TABLE locks AS SELECT 1 AS id UNION SELECT 2");
            one.setAutoCommit(false);
            two.setAutoCommit(false);
            one.createStatement().execute("UPDATE locks SET id = id WHERE id = 1");
            two.createStatement().execute("UPDATE locks SET id = id WHERE id = 2");
            Thread waiting = new Thread(() -> executeAnyway(one, "UPDATE locks SET id = id WHERE id = 2"));
            waiting.start();
            executeAnyway(two, "UPDATE locks SET id = id WHERE id = 1");
            waiting.join();
        }
    }

    /** One of the two is ended with an error, whichever PostgreSQL chooses. */
    private static void executeAnyway(Connection connection, String sql) {
        try {
            connection.createStatement().execute(sql);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isEqualTo("40P01");
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(stack.postgresUrl("app"));
    }

    private void awaitMuted(String alert, String by) {
        Awaitility.await("%s is muted by %s".formatted(alert, by))
                .atMost(Duration.ofMinutes(3))
                .until(() -> isMuted(alert, by));
    }

    private boolean isMuted(String alert, String by) {
        return stack.outside.received("/hooks/alerts/events").stream()
                .map(event -> event.json().path("data").path("inhibitionMutedAlert"))
                .filter(event -> elements(event.path("inhibitRules"))
                        .anyMatch(rule -> rule.path("sourceMatchers").toString().contains(by)))
                .flatMap(event ->
                        elements(event.path("mutedAlert").path("labels").path("labels")))
                .anyMatch(label -> label.path("value").asString().equals(alert));
    }
}
