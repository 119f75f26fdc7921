package dev.sidecar.prometheus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** The rule files as they are committed. */
public final class RuleFiles {

    public static final Path RULES = Path.of("prometheus/rules");
    static final Path TESTS = Path.of("prometheus/tests");

    private RuleFiles() {}

    /** An alert of a rule file; two of one name differ in severity. */
    public record Alert(
            String file,
            String name,
            String expression,
            String pending,
            Map<String, String> labels,
            Map<String, String> annotations) {

        public String severity() {
            return labels.getOrDefault("severity", "");
        }

        public String category() {
            return labels.getOrDefault("category", "");
        }

        @Override
        public String toString() {
            return name + " (" + severity() + ")";
        }
    }

    public record Recording(String file, String name, String expression) {}

    public static List<Alert> alerts() {
        return rules().filter(rule -> rule.entries().containsKey("alert"))
                .map(rule -> new Alert(
                        rule.file(),
                        text(rule.entries(), "alert"),
                        text(rule.entries(), "expr"),
                        rule.entries().getOrDefault("for", "0s").toString(),
                        strings(rule.entries().get("labels")),
                        strings(rule.entries().get("annotations"))))
                .toList();
    }

    public static List<Recording> recordings() {
        return rules().filter(rule -> rule.entries().containsKey("record"))
                .map(rule -> new Recording(rule.file(), text(rule.entries(), "record"), text(rule.entries(), "expr")))
                .toList();
    }

    static List<Path> files(Path directory, String ending) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> yaml(Path file) {
        try {
            return (Map<String, Object>) new Yaml().load(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> maps(Object list) {
        return list == null ? List.of() : (List<Map<String, Object>>) list;
    }

    private record Rule(String file, Map<String, Object> entries) {}

    private static Stream<Rule> rules() {
        return files(RULES, ".yml").stream()
                .flatMap(file -> maps(yaml(file).get("groups")).stream()
                        .flatMap(group -> maps(group.get("rules")).stream())
                        .map(rule -> new Rule(file.getFileName().toString().replace(".yml", ""), rule)));
    }

    private static String text(Map<String, Object> rule, String key) {
        return rule.get(key).toString();
    }

    @SuppressWarnings("unchecked")
    static Map<String, String> strings(Object map) {
        if (map == null) {
            return Map.of();
        }
        Map<String, String> strings = new java.util.LinkedHashMap<>();
        ((Map<String, Object>) map).forEach((key, value) -> strings.put(key, String.valueOf(value)));
        return strings;
    }
}
