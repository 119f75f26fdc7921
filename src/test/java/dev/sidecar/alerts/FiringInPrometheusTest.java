package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prometheus' own engine evaluates rules and the query that asks what they have had fire. */
class FiringInPrometheusTest {

    @Test
    void whatHasFiredForTwoMinutesIsListedWithWhenItBegan(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("rules.yml"), """
                groups:
                  - name: planted
                    rules:
                      - alert: Long
                        expr: broken > 0
                        for: 1m
                        labels: { severity: critical }
                      - alert: Short
                        expr: broken > 0
                        for: 4m
                """);
        Files.writeString(directory.resolve("test.yml"), """
                rule_files: [rules.yml]
                evaluation_interval: 15s
                tests:
                  - interval: 15s
                    input_series:
                      - { series: 'broken{service="api"}', values: '0x3 1x40' }
                    promql_expr_test:
                      - expr: '%1$s'
                        eval_time: 3m30s
                        exp_samples: []
                      - expr: '%1$s'
                        eval_time: 5m30s
                        exp_samples:
                          - { labels: 'ALERTS_FOR_STATE{alertname="Long",service="api",severity="critical"}', value: 60 }
                """.formatted(FiringInPrometheus.QUERY));

        Programs.Result result = Programs.run(directory, "promtool", List.of("test", "rules", "test.yml"));

        assertThat(result.exitCode()).as(result.output()).isZero();
    }
}
