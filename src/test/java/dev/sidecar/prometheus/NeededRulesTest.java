package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rule that a case needs must not be left out: the case would look at another alert than the one that is shipped. */
class NeededRulesTest {

    @TempDir
    Path folder;

    @Test
    void aCaseComesWithTheRulesThatItReadsHoweverFarAway() throws IOException {
        Files.writeString(folder.resolve("rules.yml"), """
                groups:
                  - name: recorded
                    rules:
                      - {record: 'far:away', expr: up}
                      - {record: 'in:between', expr: 'sum(far:away)'}
                      - {record: 'in:text', expr: up}
                      - {record: 'in:nothing', expr: up}
                  - name: alerts
                    rules:
                      - {alert: Looked, expr: 'in:between > 1 unless ALERTS{alertname=~"Muting|Other.*", alertstate="firing"}'}
                      - {alert: Looked, expr: 'far:away > 9', annotations: {summary: '{{ query "in:text" }}'}}
                      - {alert: Muting, expr: up == 0}
                      - {alert: OtherOne, expr: up == 0}
                      - {alert: NotLooked, expr: up == 0}
                """);
        Path file = Files.writeString(folder.resolve("some.test.yml"), """
                rule_files: [rules.yml]
                evaluation_interval: 1m
                tests:
                  - {name: one, alert_rule_test: [{eval_time: 1m, alertname: Looked}]}
                  - {name: two, alert_rule_test: [{eval_time: 1m, alertname: NotLooked}]}
                  - {name: three, alert_rule_test: [{eval_time: 2m, alertname: Looked}]}
                  - {name: four, promql_expr_test: [{expr: 'ALERTS', eval_time: 1m}]}
                """);

        assertThat(NeededRules.layOut(file, folder)).hasSize(3);

        assertThat(names("rules-0-some.test.yml"))
                .containsExactly("far:away", "in:between", "in:text", "Looked", "Looked", "Muting", "OtherOne");
        assertThat(names("rules-1-some.test.yml")).containsExactly("NotLooked");
        assertThat(names("rules-2-some.test.yml"))
                .containsExactly(
                        "far:away", "in:between", "in:text", "Looked", "Looked", "Muting", "OtherOne", "NotLooked");
        assertThat(Stream.of("0", "1", "2")
                        .map(number -> RuleFiles.yaml(folder.resolve(number + "-some.test.yml")))
                        .peek(content -> assertThat(content).containsEntry("evaluation_interval", "1m"))
                        .map(content -> RuleFiles.maps(content.get("tests")).stream()
                                .map(test -> test.get("name"))
                                .toList()))
                .containsExactly(List.of("one", "three"), List.of("two"), List.of("four"));
    }

    private List<String> names(String file) {
        return RuleFiles.maps(RuleFiles.yaml(folder.resolve(file)).get("groups")).stream()
                .flatMap(group -> RuleFiles.maps(group.get("rules")).stream())
                .map(rule -> String.valueOf(rule.getOrDefault("record", rule.get("alert"))))
                .toList();
    }
}
