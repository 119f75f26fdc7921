package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Loosens each alert in turn, its thresholds and its waiting time, and wants a case of that alert to fail: so the cases are close
 * to the mark. It takes minutes and is a command to be given after a change of rules or cases:
 *
 * <pre>mvn -Dtest=RuleMutations test</pre>
 *
 * {@code -Drules.files=redis,host} limits it to these files.
 */
class RuleMutations {

    private static final Pattern THRESHOLD = Pattern.compile("([<>]) (-?[\\d.]+)");

    @TempDir
    Path directory;

    /** @param ruleText the rule as it stands in its file, and as it is spoiled */
    record Mutation(Alert alert, String what, String ruleText, String spoiled) {
        @Override
        public String toString() {
            return alert + ": " + what;
        }
    }

    static Stream<Mutation> mutations() {
        String files = System.getProperty("rules.files", "");
        return RuleFiles.alerts().stream()
                .filter(alert -> files.isEmpty() || List.of(files.split(",")).contains(alert.file()))
                .flatMap(alert -> Stream.concat(thresholds(alert), waits(alert)));
    }

    @ParameterizedTest
    @MethodSource("mutations")
    void aSpoiledRuleIsNoticed(Mutation mutation) throws IOException {
        Path rules = Files.createDirectory(directory.resolve("rules"));
        for (Path file : RuleFiles.files(RuleFiles.RULES, ".yml")) {
            String text = Files.readString(file);
            boolean mine = file.getFileName().toString().equals(mutation.alert().file() + ".yml");
            Files.writeString(rules.resolve(file.getFileName()), mine ? spoil(text, mutation) : text);
        }
        Path tests = Files.createDirectory(directory.resolve("tests"));
        List<String> files = RuleTests.all().stream()
                .filter(test -> test.alert().equals(mutation.alert().name()))
                .map(RuleTests.Case::file)
                .distinct()
                .toList();
        for (String file : files) {
            Files.copy(RuleFiles.TESTS.resolve(file), tests.resolve(file));
        }

        boolean noticed = files.stream()
                .anyMatch(file -> Programs.run(
                                        tests,
                                        "promtool",
                                        List.of(
                                                "test",
                                                "rules",
                                                "--run=^" + mutation.alert().name() + "\\b",
                                                file))
                                .exitCode()
                        != 0);

        assertThat(noticed)
                .as("a case of %s notices: %s", mutation.alert(), mutation.what())
                .isTrue();
    }

    private static String spoil(String text, Mutation mutation) {
        assertThat(text).contains(mutation.ruleText());
        return text.replace(mutation.ruleText(), mutation.spoiled());
    }

    /** Half of a lower limit, twice an upper one: what is just under the threshold would fire. */
    private static Stream<Mutation> thresholds(Alert alert) {
        String rule = rule(alert);
        String expression = rule.substring(rule.indexOf("expr:"), rule.indexOf("labels:"));
        Matcher matcher = THRESHOLD.matcher(expression);
        return matcher.results()
                .filter(found -> Double.parseDouble(found.group(2)) != 0
                        && found.group(2).length() > 0)
                .map(found -> {
                    double loose =
                            Double.parseDouble(found.group(2)) * (found.group(1).equals(">") ? 0.5 : 2);
                    String spoiled =
                            expression.substring(0, found.start(2)) + loose + expression.substring(found.end(2));
                    return new Mutation(
                            alert, found.group() + " becomes " + loose, rule, rule.replace(expression, spoiled));
                });
    }

    private static Stream<Mutation> waits(Alert alert) {
        String rule = rule(alert);
        return rule.contains("\n        for: ")
                ? Stream.of(
                        new Mutation(alert, "for: 0s", rule, rule.replaceFirst("\n {8}for: \\w+", "\n        for: 0s")))
                : Stream.empty();
    }

    /** The text of the rule in its file, to the next one. */
    private static String rule(Alert alert) {
        try {
            String text = Files.readString(RuleFiles.RULES.resolve(alert.file() + ".yml"));
            return Stream.of(text.split("(?=\n      - alert: )"))
                    .filter(part -> part.startsWith("\n      - alert: " + alert.name() + "\n"))
                    .filter(part -> part.contains("severity: " + alert.severity() + "\n"))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
