package dev.sidecar.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code ./run} gives Alloy the stack's arguments, and lines as Docker's daemon writes them ({@code CollectorTest} has the real one read
 * such).
 */
class LogCollectorTest {

    @TempDir
    private Path folder;

    @Test
    void itReadsTheLinesOfTheApiAsOutputOfAContainer() throws Exception {
        StandInProgram alloy = StandInProgram.at(folder.resolve("alloy"), folder);
        Path home = folder.resolve("run-alloy");
        try (LogCollector collector = LogCollector.start(
                alloy.program(), folder.resolve("run"), "http://127.0.0.1:3100", folder.resolve("pg"))) {
            alloy.awaitStart();
            collector.accept("{\"message\":\"a \\\"quoted\\\" word\"}");
            collector.accept("two");

            Map<String, String> given = alloy.environment();
            assertThat(given)
                    .containsEntry("PROJECT", "demo")
                    .containsEntry("STACK", "demo")
                    .containsEntry("LOKI_URL", "http://127.0.0.1:3100")
                    .containsEntry("POSTGRES_LOGS", folder.resolve("pg").toString());
            assertThat(Path.of(given.get("JOURNAL"))).isDirectory();
            List<Path> files;
            try (var found = Files.walk(Path.of(given.get("DOCKER_LOGS")))) {
                files = found.filter(Files::isRegularFile).toList();
            }
            assertThat(files).singleElement().satisfies(file -> {
                assertThat(file.toString()).matches(".+/([0-9a-f]{64})/\\1-json\\.log");
                List<String> lines = Files.readAllLines(file);
                JsonNode first = JsonMapper.shared().readTree(lines.get(0));
                assertThat(first.path("log").asString()).isEqualTo("{\"message\":\"a \\\"quoted\\\" word\"}\n");
                assertThat(first.path("attrs")
                                .path("com.docker.compose.service")
                                .asString())
                        .isEqualTo(given.get("API_SERVICES"));
                assertThat(first.path("attrs")
                                .path("com.docker.compose.project")
                                .asString())
                        .isEqualTo(given.get("PROJECT"));
                assertThat(lines).hasSize(2);
            });

            Map<String, Map<String, Map<String, List<String>>>> stack =
                    DashboardServer.compose().load(Files.readString(Path.of("docker-compose.staging.yml")));
            assertThat(alloy.arguments().stream()
                            .map(argument ->
                                    argument.replaceAll("=.*[/:].*", "=…").replaceAll("^/.*", "…"))
                            .toList())
                    .isEqualTo(stack.get("services").get("alloy").get("command").stream()
                            .map(argument ->
                                    argument.replaceAll("=.*[/:].*", "=…").replaceAll("^/.*", "…"))
                            .toList());
        }
        assertThat(home).doesNotExist();
    }
}
