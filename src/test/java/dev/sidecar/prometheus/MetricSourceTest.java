package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricSourceTest {

    private static final Set<String> SMALL = Set.of("sidecar", "api", "postgres", "node");

    @ParameterizedTest
    @CsvSource({
        "redis_up, true",
        "nginx_up, true",
        "loki_discarded_samples_total, true",
        "loki_process_custom_pg_auth_failures_total, true",
        "alloy_component_controller_running_components, true",
        "probe_success, true",
        "pg_up, false",
        "node_load1, false",
        "up, false",
        "sidecar_proof_held, false",
        "loki4j_drop_events_total, false"
    })
    void whoExportsAMetricIsSeenByItsName(String metric, boolean notExpected) {
        assertThat(MetricSource.isNotExpected(metric, SMALL)).isEqualTo(notExpected);
    }

    /** What a program of its own exports is known to be missing with it; what every Go program exports is not. */
    @ParameterizedTest
    @ValueSource(strings = {"redis", "nginx"})
    void theContractsOfTheProgramsAgree(String job) throws Exception {
        assertThat(Files.readAllLines(Path.of("prometheus/contracts/" + job + ".txt")))
                .filteredOn(line -> line.startsWith(job + "_"))
                .isNotEmpty()
                .allMatch(line -> MetricSource.isNotExpected(line.split(" ")[0], SMALL));
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis_up", "pg_up"})
    void withoutExpectationsAMissingMetricIsMissing(String metric) {
        assertThat(MetricSource.isNotExpected(metric, Set.of())).isFalse();
    }
}
