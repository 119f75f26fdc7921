package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The shipped rules, as they are for an engine that has none of our external labels. */
final class RuleGroups {

    private static final Pattern PART_OF_DURATION = Pattern.compile("(\\d{1,9})([smhd])");

    /** By name of its file, the list of its groups. */
    private final Map<String, List<Map<String, Object>>> files = new TreeMap<>();

    private RuleGroups() {}

    static RuleGroups of(Links.Values links) {
        RuleGroups groups = new RuleGroups();
        Set<String> unknown = new TreeSet<>(links.without());
        Shipped.rules().forEach((name, text) -> {
            List<Map<String, Object>> kept = new ArrayList<>();
            for (Map<?, ?> group : maps(Shipped.yaml().<Map<?, ?>>load(text).get("groups"))) {
                List<Map<String, Object>> rules = new ArrayList<>();
                for (Map<?, ?> rule : maps(group.get("rules"))) {
                    unknown.remove(String.valueOf(rule.get("alert")));
                    if (!links.without().contains(String.valueOf(rule.get("alert")))) {
                        rules.add(filled(rule, links));
                    }
                }
                if (!rules.isEmpty()) {
                    Map<String, Object> filled = strings(group);
                    filled.put("rules", rules);
                    kept.add(filled);
                }
            }
            if (!kept.isEmpty()) {
                groups.files.put(name, kept);
            }
        });
        if (!unknown.isEmpty()) {
            throw new CommandFailure(2, "There is no alert " + String.join(", ", unknown) + ".");
        }
        return groups;
    }

    private static Map<String, Object> filled(Map<?, ?> rule, Links.Values links) {
        Map<String, Object> filled = strings(rule);
        if (!rule.containsKey("alert")) {
            return filled;
        }
        Map<String, Object> labels = texts(rule.get("labels"), links);
        // As an external label: what a series says of itself stays.
        labels.putIfAbsent("stack", "{{ or $labels.stack \"" + links.stack() + "\" }}");
        labels.putIfAbsent("host", "{{ or $labels.host \"" + links.host() + "\" }}");
        filled.put("labels", labels);
        filled.put("annotations", texts(rule.get("annotations"), links));
        return filled;
    }

    private static Map<String, Object> texts(@Nullable Object map, Links.Values links) {
        Map<String, Object> texts = new LinkedHashMap<>();
        strings(map).forEach((key, value) -> texts.put(key, links.in(String.valueOf(value))));
        return texts;
    }

    /** A copy whose keys are texts. */
    static Map<String, Object> strings(@Nullable Object map) {
        Map<String, Object> copy = new LinkedHashMap<>();
        if (map instanceof Map<?, ?> entries) {
            entries.forEach((key, value) -> copy.put(String.valueOf(key), value));
        }
        return copy;
    }

    static List<Map<?, ?>> maps(@Nullable Object list) {
        List<Map<?, ?>> maps = new ArrayList<>();
        if (list instanceof List<?> all) {
            all.forEach(one -> maps.add((Map<?, ?>) one));
        }
        return maps;
    }

    /** The content of each file, by its name without ending. */
    Map<String, String> files() {
        Map<String, String> texts = new TreeMap<>();
        files.forEach((name, groups) -> texts.put(name, Shipped.yaml().dump(Map.of("groups", groups))));
        return texts;
    }

    /** All groups by name, none longer than some rulers take: what is beyond continues in a group "…-2". @param most rules in one */
    Map<String, Map<String, Object>> groups(int most) {
        Map<String, Map<String, Object>> parts = new LinkedHashMap<>();
        files.values()
                .forEach(groups -> groups.forEach(group -> {
                    List<Map<?, ?>> rules = maps(group.get("rules"));
                    for (int from = 0, part = 1; from < rules.size(); from += most, part++) {
                        Map<String, Object> copy = strings(group);
                        String name = group.get("name") + (part == 1 ? "" : "-" + part);
                        copy.put("name", name);
                        copy.put("rules", rules.subList(from, Math.min(from + most, rules.size())));
                        parts.put(name, copy);
                    }
                }));
        return parts;
    }

    /**
     * These tell an old rule from a new one.
     *
     * @param seconds for which the expression must hold
     */
    record Rule(String name, String expression, long seconds, Map<String, Object> annotations) {

        static Rule ofFile(Map<?, ?> rule) {
            return new Rule(
                    String.valueOf(rule.get(rule.containsKey("alert") ? "alert" : "record")),
                    String.valueOf(rule.get("expr")),
                    seconds(rule.get("for")),
                    strings(rule.get("annotations")));
        }

        private static long seconds(@Nullable Object duration) {
            long seconds = 0;
            for (Matcher part = PART_OF_DURATION.matcher(duration == null ? "" : duration.toString()); part.find(); ) {
                seconds += Long.parseLong(part.group(1))
                        * switch (part.group(2)) {
                            case "s" -> 1;
                            case "m" -> 60;
                            case "h" -> 3600;
                            default -> 86_400;
                        };
            }
            return seconds;
        }

        /** For comparing: equal if the rules do the same. Engines break the lines of an expression as they like. */
        List<Object> essence() {
            return List.of(name, expression.replaceAll("\\s+", ""), seconds, annotations);
        }

        Rule written(String otherwise) {
            return new Rule(name, otherwise, seconds, annotations);
        }
    }

    /** Each rule of all files. */
    List<Rule> rules() {
        return files.values().stream()
                .flatMap(List::stream)
                .flatMap(group -> maps(group.get("rules")).stream())
                .map(Rule::ofFile)
                .toList();
    }
}
