package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.Multipart;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Real programs are broken on purpose; the alert has to fire, reach its receivers, and resolve when the fault is fixed. Rules,
 * routes and scrape jobs are the committed ones with their times divided by fifteen.
 */
@Tag("long")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FireDrillTest {

    private static final String HOOK = "/hooks/alerts/webhook";

    private static WatchedStack stack;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        stack = new WatchedStack(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        stack.close();
    }

    @Test
    @Order(1)
    void theWatchdogComesAgainAndAgain() {
        Awaitility.await("Watchdogs")
                .atMost(Duration.ofMinutes(2))
                .until(() -> told("Watchdog", "firing", "prometheus").count() >= 3);

        assertThat(mails("Watchdog")).isEmpty();
    }

    /** The proof of the control plane knocks at every door unannounced; far from the ten refusals in ten minutes that are an attack. */
    @Test
    @Order(2)
    void ourOwnProofIsNotTakenForAnAttack() {
        stack.sidecar().prove("SEC-6");
        double before = stack.sidecar().refused();

        stack.sidecar().prove("SEC-6");

        assertThat(stack.sidecar().refused() - before).isLessThanOrEqualTo(1);
        assertThat(told("ControlPlaneAuthFailures", "firing", "sidecar")).isEmpty();
    }

    /** An expired certificate, no backup, an API that fails, is slow and refuses logins, a Redis that fills up, guessed passwords. */
    @Test
    @Order(3)
    void faultsOfManyKindsAtOnceAreEachToldAndTheirEndToo() throws IOException {
        assertThat(stack.sidecar().takeBackup()).isEqualTo("DONE");
        stack.sidecar().trouble();
        fillRedis();
        assertThat(stack.sidecar().guessPasswords(15)).containsOnly(401);

        awaitTold("ControlPlaneAuthFailures", "firing", "sidecar");
        awaitTold("TlsCertificateExpiring", "firing", "nginx");
        awaitTold("AuthFailuresHigh", "firing", "api");
        awaitTold("ApiErrorRateHigh", "firing", "api");
        awaitTold("ApiLatencyP95High", "firing", "api");
        awaitTold("RedisMemoryHigh", "firing", "redis");
        awaitTold("BackupLate", "firing", "sidecar");
        awaitMail("ControlPlaneAuthFailures", "FIRING");
        awaitMail("TlsCertificateExpiring", "FIRING");
        awaitMail("AuthFailuresHigh", "FIRING");
        awaitMail("BackupLate", "FIRING");
        awaitMail("ApiErrorRateHigh", "FIRING");
        awaitMail("RedisMemoryHigh", "FIRING");

        stack.sidecar().calm();
        redis("FLUSHALL");
        awaitTold("ControlPlaneAuthFailures", "resolved", "sidecar");
        awaitTold("AuthFailuresHigh", "resolved", "api");
        awaitTold("ApiErrorRateHigh", "resolved", "api");
        awaitTold("ApiLatencyP95High", "resolved", "api");
        awaitTold("RedisMemoryHigh", "resolved", "redis");
    }

    /** The promise: one mail about the database, none about slow queries, although their alert fires. */
    @Test
    @Order(4)
    void aStoppedDatabaseIsOneMailAndNoWordOfSlowQueries() throws Exception {
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
            Awaitility.await("SlowQueries is muted by the database")
                    .atMost(Duration.ofMinutes(3))
                    .until(() -> muted("SlowQueries"));
            assertThat(stack.sidecar().takeBackup()).isEqualTo("FAILED");
            awaitTold("BackupFailed", "firing", "sidecar");
            assertThat(mails("SlowQueries")).isEmpty();
            assertThat(mails("DatabaseConnectionFailed")
                            .filter(mail -> text(mail).contains("FIRING")))
                    .hasSize(1);
        } finally {
            load.set(false);
            stack.startPostgres();
        }
        awaitMail("DatabaseConnectionFailed", "RESOLVED");
        assertThat(stack.sidecar().takeBackup()).isEqualTo("DONE");
        awaitTold("BackupFailed", "resolved", "sidecar");
        awaitTold("BackupLate", "resolved", "sidecar");
        assertThat(mails("SlowQueries")).isEmpty();
    }

    @Test
    @Order(5)
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
    @Order(6)
    void stoppedServicesAndExportersAreTold() {
        stack.stop("redis");
        stack.stop("nginx");
        stack.stop("node_exporter");
        stack.stop("postgres_exporter");

        awaitMail("ServiceDown", "FIRING");
        awaitTold("ServiceDown", "firing", "redis");
        awaitTold("ServiceDown", "firing", "nginx");
        awaitTold("EndpointProbeFailed", "firing", "api");
        awaitTold("HostDown", "firing", "node");
        awaitTold("ExporterDown", "firing", "postgres");

        Set.of("redis", "nginx", "node_exporter", "postgres_exporter").forEach(stack::start);
        awaitTold("ServiceDown", "resolved", "redis");
        awaitTold("ServiceDown", "resolved", "nginx");
        awaitTold("EndpointProbeFailed", "resolved", "api");
        awaitTold("HostDown", "resolved", "node");
        awaitTold("ExporterDown", "resolved", "postgres");
    }

    /** Slack refuses; mail tells so. The file is broken; what runs goes on and tells that. */
    @Test
    @Order(7)
    void theAlarmSystemTellsItsOwnFaults() throws IOException {
        stack.outside.answer("/slack", request -> new Outside.Answer(403, java.util.Map.of(), "invalid_token"));
        Path config = stack.alertmanagerConfig();
        String right = Files.readString(config);
        Files.writeString(config, right.replace("receiver: default", "receiver: nobody"));
        assertThat(stack.reloadAlertmanager()).isEqualTo(500);

        awaitTold("ConfigReloadFailed", "firing", "alertmanager");
        awaitMail("NotificationsFailing", "FIRING");

        Files.writeString(config, right);
        assertThat(stack.reloadAlertmanager()).isEqualTo(200);
        awaitTold("ConfigReloadFailed", "resolved", "alertmanager");
    }

    /** Its warning comes later and is not told: the critical one has said it. */
    @Test
    @Order(8)
    @Tag("docker")
    void aFullVolumeIsToldOnceAndItsEndToo(@TempDir Path directory) throws IOException {
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

    private static Stream<JsonNode> toldOfVolume(String status, SmallVolume volume) {
        return told("DiskSpaceLow", status, "node")
                .filter(alert ->
                        alert.path("labels").path("mountpoint").asString().equals(volume.mountpoint()));
    }

    private static void runSlowQueries(AtomicBoolean load) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            while (load.get()) {
                statement.execute("SELECT pg_sleep(0.9)");
            }
        } catch (SQLException e) {
            // The server was stopped, which is what the drill is about.
        }
    }

    private static void deadlock() throws Exception {
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

    private static Connection connect() throws SQLException {
        return DriverManager.getConnection(stack.postgresUrl("app"));
    }

    private static void fillRedis() throws IOException {
        for (int i = 0; i < 17; i++) {
            redis("SET", "key-" + i, "x".repeat(1_000_000));
        }
    }

    private static void redis(String... words) throws IOException {
        StringBuilder command = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            command.append('$')
                    .append(word.length())
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        try (Socket socket = new Socket("127.0.0.1", stack.redisPort)) {
            OutputStream out = socket.getOutputStream();
            out.write(command.toString().getBytes(StandardCharsets.US_ASCII));
            out.flush();
            assertThat(new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII))
                    .isEqualTo("+OK");
        }
    }

    private static void awaitQuery(String what, String expression) {
        Awaitility.await(what)
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> !stack.prometheus().query(expression).isEmpty());
    }

    private static void awaitTold(String alert, String status, String service) {
        Awaitility.await("%s of %s is told as %s".formatted(alert, service, status))
                .atMost(Duration.ofMinutes(3))
                .until(() -> told(alert, status, service).findAny().isPresent());
    }

    private static void awaitMail(String alert, String status) {
        Awaitility.await("mail of %s, %s".formatted(alert, status))
                .atMost(Duration.ofMinutes(3))
                .until(() -> mails(alert).anyMatch(mail -> text(mail).contains(status)));
    }

    private static Stream<JsonNode> told(String alert, String status, String service) {
        return stack.outside.received(HOOK).stream()
                .flatMap(message -> elements(message.json().path("alerts")))
                .filter(each -> each.path("status").asString().equals(status))
                .filter(each -> each.path("labels").path("alertname").asString().equals(alert))
                .filter(each -> each.path("labels").path("service").asString().equals(service));
    }

    private static boolean muted(String alert) {
        return stack.outside.received("/hooks/alerts/events").stream()
                .map(event -> event.json().path("data").path("inhibitionMutedAlert"))
                .filter(event -> event.toString().contains("DatabaseConnectionFailed"))
                .flatMap(event ->
                        elements(event.path("mutedAlert").path("labels").path("labels")))
                .anyMatch(label -> label.path("value").asString().equals(alert));
    }

    private static Stream<MimeMessage> mails(String alert) {
        return Arrays.stream(stack.mail.getReceivedMessages())
                .filter(mail -> text(mail).contains("Alert     " + alert + ","));
    }

    private static String text(MimeMessage mail) {
        try {
            return ((Multipart) mail.getContent()).getBodyPart(0).getContent().toString();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
