package dev.sidecar.prometheus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.Yaml;

/**
 * Lays out a file of promtool cases again so that each case comes with the rules that it needs and no others: those that it looks at, and
 * whatever they read that a rule records. promtool evaluates every rule of a file at every step of a case, and most cases look at one.
 */
final class NeededRules {

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    /** A selector of the alerts that fire; the second group is its matchers. */
    private static final Pattern ALERTS = Pattern.compile("\\bALERTS(_FOR_STATE)?\\b(\\{[^}]*})?");

    private static final Pattern ALERT_NAME = Pattern.compile("\\balertname\\s*=~?\\s*\"([^\"]*)\"");

    private final List<Map<String, Object>> groups = new ArrayList<>();

    private NeededRules(Path file) {
        for (Object rules : (List<?>) RuleFiles.yaml(file).get("rule_files")) {
            groups.addAll(RuleFiles.maps(
                    RuleFiles.yaml(file.resolveSibling(rules.toString())).get("groups")));
        }
    }

    /** @return the names of the files of cases that it wrote into the folder */
    static List<String> layOut(Path file, Path folder) throws IOException {
        NeededRules rules = new NeededRules(file);
        Map<List<Map<String, Object>>, List<Object>> cases = new LinkedHashMap<>();
        for (Map<String, Object> test : RuleFiles.maps(RuleFiles.yaml(file).get("tests"))) {
            cases.computeIfAbsent(rules.neededBy(test), first -> new ArrayList<>())
                    .add(test);
        }
        List<String> written = new ArrayList<>();
        for (Map.Entry<List<Map<String, Object>>, List<Object>> each : cases.entrySet()) {
            String name = written.size() + "-" + file.getFileName();
            Map<String, Object> content = RuleFiles.yaml(file);
            content.put("rule_files", List.of("rules-" + name));
            content.put("tests", each.getValue());
            Files.writeString(folder.resolve("rules-" + name), new Yaml().dump(Map.of("groups", each.getKey())));
            Files.writeString(folder.resolve(name), new Yaml().dump(content));
            written.add(name);
        }
        return written;
    }

    /** The groups with the needed rules alone, in their order. */
    private List<Map<String, Object>> neededBy(Map<String, Object> test) {
        Set<Map<String, Object>> needed = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Map<String, Object>> open = new ArrayDeque<>();
        RuleFiles.maps(test.get("alert_rule_test"))
                .forEach(look ->
                        open.addAll(alerts(Pattern.quote(look.get("alertname").toString()))));
        RuleFiles.maps(test.get("promql_expr_test"))
                .forEach(look -> open.addAll(readBy(look.get("expr").toString())));
        while (!open.isEmpty()) {
            Map<String, Object> rule = open.pop();
            if (needed.add(rule)) {
                // The text of an alert may ask, too.
                open.addAll(readBy(rule.get("expr") + " " + rule.getOrDefault("annotations", "")));
            }
        }
        List<Map<String, Object>> kept = new ArrayList<>();
        for (Map<String, Object> group : groups) {
            List<Map<String, Object>> rules = rules(group);
            if (rules.stream().anyMatch(needed::contains)) {
                Map<String, Object> some = new HashMap<>(group);
                some.put("rules", rules.stream().filter(needed::contains).toList());
                kept.add(some);
            }
        }
        return kept;
    }

    /** The rules whose results an expression reads. One too many costs time, one too few would be another case. */
    private List<Map<String, Object>> readBy(String expression) {
        Set<String> names = new HashSet<>(
                NAME.matcher(expression).results().map(MatchResult::group).toList());
        List<Map<String, Object>> read = new ArrayList<>(groups.stream()
                .flatMap(group -> rules(group).stream())
                .filter(rule -> rule.containsKey("record")
                        && names.contains(rule.get("record").toString()))
                .toList());
        ALERTS.matcher(expression).results().forEach(selector -> {
            String matchers = selector.group(2) == null ? "" : selector.group(2);
            read.addAll(alerts(ALERT_NAME
                    .matcher(matchers)
                    .results()
                    .map(name -> name.group(1))
                    .findFirst()
                    .orElse(".*")));
        });
        return read;
    }

    private List<Map<String, Object>> alerts(String name) {
        return groups.stream()
                .flatMap(group -> rules(group).stream())
                .filter(rule -> rule.containsKey("alert")
                        && rule.get("alert").toString().matches(name))
                .toList();
    }

    private static List<Map<String, Object>> rules(Map<String, Object> group) {
        return RuleFiles.maps(group.get("rules"));
    }
}
