package dev.sidecar.collector;

import static dev.sidecar.support.Docker.docker;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loki as the stack configures it. */
@Tag("images")
class LokiTest {

    private final String network = "sidecar-loki-" + UUID.randomUUID();

    @BeforeEach
    void createNetwork() {
        docker("network", "create", network);
    }

    @AfterEach
    void removeNetwork() {
        docker("network", "rm", "--force", network);
    }

    /** "Retention is set, but nothing is deleted" is the most frequent complaint about Loki. */
    @Test
    void linesOlderThanTheRetentionAreDeletedFromTheDisk(@TempDir Path directory) throws IOException {
        Path impatient = Files.writeString(
                directory.resolve("loki.yml"),
                Files.readString(LokiServer.CONFIGURATION)
                        .replace("retention_period: 720h", "retention_period: 24h")
                        .replace("compaction_interval: 10m", "compaction_interval: 5s")
                        .replace("retention_delete_delay: 2h", "retention_delete_delay: 1s"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));

        try (LokiServer loki = LokiServer.start(network, impatient)) {
            await().atMost(2, MINUTES).until(loki::isReady);
            loki.push(Map.of("stack", "test", "level", "info"), Instant.now().minus(Duration.ofDays(3)), "old");
            loki.push(Map.of("stack", "test", "level", "warn"), Instant.now(), "new");
            loki.flush();
            assertThat(loki.lines("{stack=\"test\"}", Duration.ofDays(4)))
                    .extracting(LokiServer.Line::text)
                    .contains("old", "new");
            // A fresh start writes the index of what is in memory; else that takes a quarter of an hour.
            loki.stop();
            loki.startAgain();

            await().atMost(5, MINUTES)
                    .ignoreExceptions()
                    .untilAsserted(
                            () -> assertThat(loki.metrics())
                                    .containsPattern(
                                            "retention_sweeper_chunk_deleted_duration_seconds_count\\{[^}]*status=\"success\"} 1"));
            loki.stop();
            loki.startAgain();
            await().atMost(2, MINUTES).until(loki::isReady);
            assertThat(loki.lines("{stack=\"test\"}", Duration.ofDays(4)))
                    .extracting(LokiServer.Line::text)
                    .containsExactly("new");
        }
    }

    /** As long as the collector lets it be; and so the text of a long stack trace is there, and its fields, too. */
    @Test
    void aLongLineIsCutAndFoundByItsMetadata() {
        try (LokiServer loki = LokiServer.start(network, LokiServer.CONFIGURATION)) {
            await().atMost(2, MINUTES).until(loki::isReady);
            Map<String, String> labels = Map.of("stack", "test", "level", "error");

            loki.push(labels, Map.of("request_id", "r-1"), Instant.now(), "begin " + "x".repeat(300_000) + " end");
            loki.push(labels, Map.of("request_id", "r-2", "trace_id", "t-2", "span_id", "s-2"), Instant.now(), "short");

            await().atMost(1, MINUTES)
                    .untilAsserted(() -> assertThat(loki.lines("{stack=\"test\"} | request_id=\"r-1\""))
                            .singleElement()
                            .satisfies(line -> assertThat(line.text())
                                    .startsWith("begin x")
                                    .hasSize(256 * 1024)));
            assertThat(loki.lines("{stack=\"test\"} | trace_id=\"t-2\" | span_id=\"s-2\""))
                    .singleElement()
                    .satisfies(line -> assertThat(line.fields())
                            .containsEntry("request_id", "r-2")
                            .containsEntry("level", "error"));
            assertThat(loki.lines("{stack=\"test\"} |= \"r-2\""))
                    .as("a line filter looks into the line only")
                    .isEmpty();
        }
    }

    @Test
    void theConfigurationIsValid() {
        docker(
                "run",
                "--rm",
                "--volume=" + LokiServer.CONFIGURATION.toAbsolutePath() + ":/loki.yml:ro",
                LokiServer.IMAGE,
                "-config.file=/loki.yml",
                "-verify-config");
    }

    @Test
    void theRulerIsOffAndLinesThatAreTooOldOrTooLabelledAreRefused() {
        try (LokiServer loki = LokiServer.start(network, LokiServer.CONFIGURATION)) {
            await().atMost(2, MINUTES).until(loki::isReady);

            assertThat(loki.logs()).contains("Not starting the ruler");
            assertThat(loki.refusal(Map.of("stack", "test"), Instant.now().minus(Duration.ofDays(30))))
                    .contains("too old");
            assertThat(loki.refusal(
                            Map.of("a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7"),
                            Instant.now()))
                    .contains("label names");
            assertThat(loki.refusal(Map.of("stack", "test"), Instant.now())).isEmpty();
        }
    }
}
