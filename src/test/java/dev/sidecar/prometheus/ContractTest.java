package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every metric and label that a rule names is one that some program exports; promtool would invent them. */
class ContractTest {

    private static final Pattern WORD = Pattern.compile("[a-z0-9_]+");

    @TempDir
    static Path directory;

    private static PrometheusServer prometheus;

    @BeforeAll
    static void start() throws IOException {
        prometheus = PrometheusServer.idle(directory);
    }

    @AfterAll
    static void stop() {
        prometheus.close();
    }

    static Stream<Alert> alerts() {
        return RuleFiles.alerts().stream();
    }

    static Stream<RuleFiles.Recording> recordings() {
        return RuleFiles.recordings().stream();
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void anAlertReadsOnlyWhatIsExportedAndKeepsWhereItComesFrom(Alert alert) {
        Expressions expressions = expressions(Contracts.read());

        Set<String> labels = expressions.labelsOf(alert.expression());

        assertThat(expressions.complaints()).isEmpty();
        if (!alert.name().equals("Watchdog")) {
            assertThat(labels).contains("stack", "host", "service");
        }
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void aRecordingReadsOnlyWhatIsExported(RuleFiles.Recording recording) {
        Expressions expressions = expressions(Contracts.read());

        assertThat(expressions.labelsOf(recording.expression())).contains("stack", "host", "service");
        assertThat(expressions.complaints()).isEmpty();
    }

    /** Links in the text would be empty: a label that the expression does not keep. */
    @ParameterizedTest
    @MethodSource("alerts")
    void aTextNamesOnlyLabelsThatTheAlertHas(Alert alert) {
        Set<String> labels =
                new java.util.HashSet<>(expressions(Contracts.read()).labelsOf(alert.expression()));
        labels.addAll(alert.labels().keySet());

        assertThat(alert.annotations().values().stream()
                        .flatMap(text -> java.util.regex.Pattern.compile("\\$labels\\.(\\w+)")
                                .matcher(text)
                                .results()
                                .map(found -> found.group(1))))
                .isSubsetOf(labels);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "rate(redis_evicted_key_total[5m]); no program exports redis_evicted_key_total",
                "up{exporter=\"x\"}; up has no label exporter",
                "sum by (datnam) (pg_stat_database_deadlocks); only",
                "node_cpu_seconds_total{mode=\"idel\"}; has no mode that is",
                "api:none:rate5m; no rule records api:none:rate5m",
                "redis_up and on (datname) pg_stat_database_deadlocks; on, left side, (datname)",
                "prometheus_tsdb_compaction_duration_seconds_buckets; no program exports"
            })
    void whatDoesNotExistIsNamed(String expression, String complaint) {
        Expressions expressions = expressions(Contracts.read());

        expressions.labelsOf(expression);

        assertThat(expressions.complaints()).singleElement().asString().contains(complaint);
    }

    /** An upgrade that renames a metric looks like this. */
    @Test
    void aRenamedMetricFailsByName() {
        Contracts renamed = Contracts.of(Contracts.files().stream()
                .flatMap(Contracts::families)
                .filter(family -> !family.name().equals("redis_evicted_keys_total"))
                .toList());
        Expressions expressions = expressions(renamed);

        alerts().forEach(alert -> expressions.labelsOf(alert.expression()));

        assertThat(expressions.complaints()).containsExactly("no program exports redis_evicted_keys_total");
    }

    /** The list by which the sidecar forgives a missing metric holds nothing that neither a rule nor a panel reads. */
    @Test
    void whatIsBornAtItsFirstEventIsReadByARuleOrAPanel() throws IOException {
        Expressions expressions = expressions(Contracts.read());
        Set<String> read = Stream.concat(
                        alerts().map(Alert::expression), recordings().map(RuleFiles.Recording::expression))
                .flatMap(expression -> expressions.metricsOf(expression).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        try (Stream<Path> dashboards = Files.list(Path.of("grafana/dashboards"))) {
            for (Path dashboard :
                    dashboards.filter(file -> file.toString().endsWith(".json")).toList()) {
                WORD.matcher(Files.readString(dashboard)).results().forEach(word -> read.add(word.group()));
            }
        }

        assertThat(Files.readAllLines(Contracts.BORN_AT_FIRST_EVENT).stream().filter(line -> !line.startsWith("#")))
                .isSubsetOf(read);
    }

    private static Expressions expressions(Contracts contracts) {
        return new Expressions(prometheus, contracts, RuleFiles.recordings());
    }
}
