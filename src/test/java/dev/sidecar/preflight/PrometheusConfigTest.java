package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** promtool judges the rendered configuration, with and without metrics of the API. */
class PrometheusConfigTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "api:8081"})
    void promtoolAcceptsWhatIsRendered(String api, @TempDir Path directory) throws IOException {
        Path config = RenderedConfig.prometheus(directory, Map.of("API_METRICS_TARGET", api));

        Programs.Result result = Programs.run(
                directory, "promtool", List.of("check", "config", "--lint=all", "--lint-fatal", config.toString()));

        assertThat(result.exitCode()).as(result.output()).isZero();
        try (Stream<Path> rules = Files.list(Path.of("prometheus/rules"))) {
            assertThat(result.output()).contains(rules.count() + " rule files found");
        }
        assertThat(Files.readString(config).contains("job_name: api")).isEqualTo(!api.isEmpty());
    }

    /** The real Prometheus refuses headers that it sets itself, and two logins at once. */
    @ParameterizedTest
    @ValueSource(strings = {"", "REMOTE_WRITE_TOKEN", "REMOTE_WRITE_USERNAME"})
    void promtoolAcceptsAStoreElsewhere(String login, @TempDir Path directory) throws IOException {
        Map<String, String> settings = new HashMap<>(Map.of(
                "REMOTE_WRITE_URL", "https://metrics.our-team.net/api/v1/push",
                "REMOTE_WRITE_TENANT", "it's-us",
                "REMOTE_WRITE_TENANT_HEADER", "THANOS-TENANT"));
        settings.put(login, "us");
        settings.put("REMOTE_WRITE_PASSWORD", "secret");
        Path config = RenderedConfig.prometheus(directory, settings);

        Programs.Result result = Programs.run(
                directory, "promtool", List.of("check", "config", "--lint=all", "--lint-fatal", config.toString()));

        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(Files.readString(config))
                .contains("remote_write:\n  - name: far-end\n", "    headers: {'THANOS-TENANT': 'it''s-us'}\n");
    }
}
