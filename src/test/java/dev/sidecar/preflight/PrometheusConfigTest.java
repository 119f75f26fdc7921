package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

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

    /** Rules excuse one service by what another is known to say; and two series that rules make one end them for everybody. */
    @ParameterizedTest
    @CsvSource({"api, api", "postgres, postgres", "redis, redis", "nginx, nginx", "node, node", "blackbox, blackbox"})
    void noTargetSaysWhatAnotherIsKnownFor(String job, String contract, @TempDir Path directory) throws IOException {
        Path config = RenderedConfig.prometheus(directory, Map.of("API_METRICS_TARGET", "api:8081"));
        Predicate<String> dropped = dropped(config, job);

        List<String> own = metrics(contract + ".txt");
        assertThat(own).isNotEmpty().noneMatch(dropped);
        for (String others :
                List.of("sidecar", "postgres", "redis", "nginx", "node", "blackbox", "alertmanager", "relay")) {
            if (!others.equals(contract)) {
                assertThat(metrics(others + ".txt"))
                        .filteredOn(metric -> metric.matches("(sidecar|pg|redis|nginx|node|probe|alertmanager)_.*"))
                        .isNotEmpty()
                        .allMatch(dropped);
            }
        }
        assertThat(List.of("ALERTS", "up", "scrape_samples_scraped", "slo:api_errors:ratio_rate5m"))
                .allMatch(dropped);
    }

    /** They face clients and other hosts, and are of the same program as the sidecar. */
    @ParameterizedTest
    @ValueSource(strings = {"gateway", "relay"})
    void theSidecarsProcessesSayNothingInItsPlace(String job, @TempDir Path directory) throws IOException {
        Predicate<String> dropped = dropped(
                RenderedConfig.prometheus(directory, Map.of("GATEWAY_TARGET", "gateway:8001", "PART_RELAY", "on")),
                job);
        String own = "sidecar_(%s|log|process)_.+".formatted(job);

        List<String> all = new ArrayList<>(metrics("sidecar.txt"));
        all.addAll(metrics("relay.txt"));
        assertThat(all)
                .filteredOn(metric -> metric.startsWith("sidecar_") && !metric.matches(own + "|sidecar_control_.+"))
                .isNotEmpty()
                .allMatch(dropped);
        assertThat(all)
                .filteredOn(metric -> !metric.startsWith("sidecar_") || metric.matches(own))
                .isNotEmpty()
                .noneMatch(dropped);
        for (String others : List.of("postgres", "redis", "nginx", "node", "blackbox", "alertmanager")) {
            assertThat(metrics(others + ".txt"))
                    .filteredOn(metric -> metric.matches("(pg|redis|nginx|node|probe|alertmanager)_.*"))
                    .isNotEmpty()
                    .allMatch(dropped);
        }
        assertThat(List.of("ALERTS", "up", "scrape_samples_scraped", "slo:api_errors:ratio_rate5m"))
                .allMatch(dropped);
    }

    @Test
    void whatElseIsScrapedSaysNothingInTheSidecarsPlace(@TempDir Path directory) throws IOException {
        Predicate<String> dropped = dropped(RenderedConfig.prometheus(directory, Map.of()), "extra");

        assertThat(metrics("sidecar.txt"))
                .filteredOn(metric -> metric.startsWith("sidecar_"))
                .isNotEmpty()
                .allMatch(dropped);
        assertThat(List.of("ALERTS", "up", "scrape_samples_scraped", "slo:api_errors:ratio_rate5m"))
                .allMatch(dropped);
        assertThat(metrics("node.txt")).noneMatch(dropped);
        assertThat(metrics("api.txt")).noneMatch(dropped);
    }

    private static List<String> metrics(String contract) throws IOException {
        return Files.readAllLines(Path.of("prometheus/contracts").resolve(contract)).stream()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .map(line -> line.split(" ")[0])
                .toList();
    }

    /** Finds the names that a job leaves out. */
    @SuppressWarnings("unchecked")
    private static Predicate<String> dropped(Path config, String job) throws IOException {
        Map<String, Object> yaml = new Yaml().load(Files.readString(config));
        List<Map<String, Object>> rules = ((List<Map<String, Object>>) yaml.get("scrape_configs"))
                .stream()
                        .filter(scrape -> scrape.get("job_name").equals(job))
                        .flatMap(scrape -> ((List<Map<String, Object>>) scrape.get("metric_relabel_configs")).stream())
                        .filter(rule -> "drop".equals(rule.get("action")))
                        .toList();
        return metric -> rules.stream()
                .anyMatch(rule -> ((List<String>) rule.get("source_labels"))
                        .stream()
                                .map(label -> label.equals("__name__") ? metric : "")
                                .collect(Collectors.joining(
                                        rule.getOrDefault("separator", ";").toString()))
                                .matches(rule.get("regex").toString()));
    }
}
