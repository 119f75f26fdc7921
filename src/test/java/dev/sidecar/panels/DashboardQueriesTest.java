package dev.sidecar.panels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.Contracts;
import dev.sidecar.prometheus.Expressions;
import dev.sidecar.prometheus.RuleFiles;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every metric, label and field that a panel names is one that somebody writes; a parser alone would believe anything. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DashboardQueriesTest {

    private PrometheusServer prometheus;
    private Contracts contracts;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        prometheus = PrometheusServer.idle(directory);
        contracts = Contracts.read();
    }

    @AfterAll
    void stop() {
        prometheus.close();
    }

    static Stream<DashboardFile.Query> promQl() {
        return Stream.concat(
                DashboardFile.queries("prometheus"),
                DashboardFile.all().stream().flatMap(DashboardFile::annotations).distinct());
    }

    static Stream<DashboardFile.Query> logQl() {
        return DashboardFile.queries("loki");
    }

    @ParameterizedTest
    @MethodSource("promQl")
    void everyMetricAndLabelIsExported(DashboardFile.Query query) {
        Expressions expressions = new Expressions(prometheus, contracts, RuleFiles.recordings());

        expressions.labelsOf(query.filled());

        assertThat(expressions.complaints()).isEmpty();
    }

    @Test
    void aMetricOrLabelThatNobodyExportsIsNoticed() {
        Expressions expressions = new Expressions(prometheus, contracts, List.of());

        expressions.labelsOf("rate(node_cpu_second_total{mode=\"idle\"}[1m])");
        expressions.labelsOf("sum by (colour) (up)");

        assertThat(expressions.complaints())
                .contains("no program exports node_cpu_second_total")
                .anyMatch(complaint -> complaint.contains("colour"));
    }

    @ParameterizedTest
    @MethodSource("logQl")
    void streamsAreChosenByTheFiveLabelsAndLinesByFieldsThatAlloyWrites(DashboardFile.Query query) throws IOException {
        LogQl.Names names = LogQl.read(query.filled());
        String alloy = Files.readString(Path.of("alloy", "config.alloy"));

        assertThat(names.labels()).isSubsetOf("stack", "host", "service", "source", "level");
        assertThat(names.fields()).allSatisfy(field -> assertThat(alloy).containsPattern("\\b" + field + "\\s*="));
    }
}
