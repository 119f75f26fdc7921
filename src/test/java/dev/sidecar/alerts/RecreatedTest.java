package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.alerts.Outside.Received;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An outage that ends while the stack is recreated, and the next one. Alertmanager keeps whom it told of what, but not its alerts: what
 * it kept says that the second outage was told already. The compose file makes it forget.
 */
@Tag("long")
class RecreatedTest {

    private static final Map<String, String> OUTAGE = Map.of(
            "alertname", "DatabaseConnectionFailed",
            "stack", "staging",
            "host", "h1",
            "service", "postgres",
            "severity", "critical",
            "category", "operational");
    private static final Map<String, String> TEXTS = Map.of("summary", "postgres on h1 does not answer");

    @TempDir
    Path directory;

    private Outside outside;

    @BeforeEach
    void listen() {
        outside = new Outside();
    }

    @AfterEach
    void close() {
        outside.close();
    }

    @Test
    void theSecondOutageIsTold() throws IOException {
        outageThatIsTold(1);
        forget();

        outageThatIsTold(2);
    }

    /** So that the line in the compose file is known to be needed. */
    @Test
    void withWhatItKeptItIsNot() throws IOException {
        outageThatIsTold(1);

        try (AlertmanagerServer again = start()) {
            again.fire(OUTAGE, TEXTS);

            Awaitility.await("nobody is told")
                    .during(Duration.ofSeconds(8))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> told() == 1);
        }
    }

    /** What it forgets must not make it send an all-clear for an outage that nobody was told of. */
    @Test
    void noAllClearOfWhatWasNotTold() throws IOException {
        outageThatIsTold(1);
        forget();

        try (AlertmanagerServer again = start()) {
            again.resolve(OUTAGE, TEXTS);

            Awaitility.await("nobody is told")
                    .during(Duration.ofSeconds(8))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> told() == 1);
        }
    }

    private void outageThatIsTold(int times) throws IOException {
        try (AlertmanagerServer alertmanager = start()) {
            alertmanager.fire(OUTAGE, TEXTS);
            Awaitility.await("told " + times + " times")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> told() == times);
        }
        assertThat(directory.resolve("alertmanager-data/nflog")).exists();
    }

    private AlertmanagerServer start() throws IOException {
        Files.deleteIfExists(directory.resolve("templates/sidecar.tmpl"));
        return AlertmanagerServer.start(
                directory,
                Map.of(
                        "SIDECAR_URL", outside.url(""),
                        "SIDECAR_TOKEN", "secret-token",
                        "ALERT_WEBHOOK_URL", outside.url("/team/hook")),
                10);
    }

    private long told() {
        return outside.received("/team/hook").stream()
                .map(Received::body)
                .filter(body -> body.contains("DatabaseConnectionFailed"))
                .count();
    }

    /** As the compose file says, with the folder of this test. */
    private void forget() throws IOException {
        String removed = Pattern.compile("'rm -f /alertmanager/(\\w+); exec /bin/alertmanager \"\\$\\$@\"'")
                .matcher(Files.readString(Path.of("docker-compose.staging.yml")))
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow();
        Files.deleteIfExists(directory.resolve("alertmanager-data").resolve(removed));
        assertThat(List.of(directory.resolve("alertmanager-data/silences")))
                .allSatisfy(kept -> assertThat(kept).exists());
    }
}
