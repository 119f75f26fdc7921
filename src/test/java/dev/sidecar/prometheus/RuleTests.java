package dev.sidecar.prometheus;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The cases of the promtool files: which alert each looks at, when, and which severities it expects to fire. */
final class RuleTests {

    /** It lives for seconds: collecting garbage costs it a third of its time. */
    static final Map<String, String> SHORT_LIVED = Map.of("GOGC", "off", "GOMEMLIMIT", "700MiB");

    private RuleTests() {}

    record Case(
            String file,
            String name,
            String alert,
            List<Map<String, String>> labels,
            List<Map<String, String>> annotations) {

        Set<String> severities() {
            return labels.stream()
                    .map(each -> each.getOrDefault("severity", ""))
                    .collect(Collectors.toSet());
        }
    }

    static List<Case> all() {
        return RuleFiles.files(RuleFiles.TESTS, ".test.yml").stream()
                .flatMap(file -> RuleFiles.maps(RuleFiles.yaml(file).get("tests")).stream()
                        .flatMap(test -> cases(file.getFileName().toString(), test)))
                .toList();
    }

    /** The names of the tests; one may look more than once. */
    static List<String> names() {
        return RuleFiles.files(RuleFiles.TESTS, ".test.yml").stream()
                .flatMap(file -> RuleFiles.maps(RuleFiles.yaml(file).get("tests")).stream())
                .map(test -> String.valueOf(test.get("name")))
                .toList();
    }

    /** A case fires one severity of an alert, or shows it silent although the alert's own data is there. */
    static boolean fires(Case test, RuleFiles.Alert alert) {
        return test.alert().equals(alert.name()) && test.severities().contains(alert.severity());
    }

    static boolean isSilent(Case test, RuleFiles.Alert alert) {
        return test.alert().equals(alert.name()) && !test.severities().contains(alert.severity());
    }

    private static Stream<Case> cases(String file, Map<String, Object> test) {
        return RuleFiles.maps(test.get("alert_rule_test")).stream().map(entry -> {
            List<Map<String, Object>> expected = RuleFiles.maps(entry.get("exp_alerts"));
            return new Case(
                    file,
                    String.valueOf(test.get("name")),
                    String.valueOf(entry.get("alertname")),
                    expected.stream()
                            .map(each -> RuleFiles.strings(each.get("exp_labels")))
                            .toList(),
                    expected.stream()
                            .map(each -> RuleFiles.strings(each.get("exp_annotations")))
                            .toList());
        });
    }
}
