package dev.sidecar.prometheus;

import dev.sidecar.support.PrometheusServer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Reads expressions by Prometheus' own parser and compares them with what the programs export: every metric, every label of a
 * matcher, a grouping or a join has to exist. What does not is noted in {@link #complaints()}.
 */
public final class Expressions {

    private static final Set<String> SET_OPERATORS = Set.of("and", "or", "unless");

    private final PrometheusServer parser;
    private final Contracts contracts;
    private final Map<String, String> recordings = new TreeMap<>();
    private final List<String> complaints = new ArrayList<>();

    public Expressions(PrometheusServer parser, Contracts contracts, List<RuleFiles.Recording> recordings) {
        this.parser = parser;
        this.contracts = contracts;
        recordings.forEach(recording -> this.recordings.put(recording.name(), recording.expression()));
    }

    public List<String> complaints() {
        return complaints;
    }

    /** The labels that a result of the expression can have; empty if it reads a metric that does not exist. */
    public Set<String> labelsOf(String expression) {
        return labels(parser.parse(expression));
    }

    /** Every metric that the expression reads itself; recorded ones are not followed. */
    public Set<String> metricsOf(String expression) {
        Set<String> metrics = new TreeSet<>();
        collect(parser.parse(expression), metrics);
        return metrics;
    }

    private void collect(JsonNode node, Set<String> metrics) {
        if (node.path("type").asString("").equals("vectorSelector")
                || node.path("type").asString("").equals("matrixSelector")) {
            metrics.add(node.path("name").asString());
        }
        node.forEach(child -> collect(child, metrics));
    }

    private Set<String> labels(JsonNode node) {
        return switch (node.path("type").asString("")) {
            case "vectorSelector", "matrixSelector" -> selector(node);
            case "aggregation" -> aggregation(node);
            case "binaryExpr" -> binary(node);
            case "call" -> call(node);
            case "parenExpr", "unaryExpr", "subquery" -> labels(node.path("expr"));
            case "numberLiteral", "stringLiteral" -> Set.of();
            default -> throw new IllegalStateException("unknown node " + node);
        };
    }

    private Set<String> selector(JsonNode node) {
        String name = node.path("name").asString("");
        if (name.contains(":")) {
            if (!recordings.containsKey(name)) {
                complaints.add("no rule records " + name);
                return Set.of();
            }
            return labelsOf(recordings.get(name));
        }
        Optional<Map<String, Set<String>>> labels = contracts.labels(name);
        if (labels.isEmpty()) {
            complaints.add("no program exports " + name);
            return Set.of();
        }
        for (JsonNode matcher : node.path("matchers")) {
            check(name, matcher, labels.get());
        }
        return labels.get().keySet();
    }

    private void check(String name, JsonNode matcher, Map<String, Set<String>> labels) {
        String label = matcher.path("name").asString();
        if (label.equals("__name__")) {
            return;
        }
        if (!labels.containsKey(label)) {
            complaints.add("%s has no label %s".formatted(name, label));
            return;
        }
        String type = matcher.path("type").asString();
        Pattern wanted = Pattern.compile(
                type.equals("=")
                        ? Pattern.quote(matcher.path("value").asString())
                        : matcher.path("value").asString());
        Set<String> values = labels.get(label);
        if (type.startsWith("=") && !values.isEmpty() && values.stream().noneMatch(wanted.asMatchPredicate())) {
            complaints.add("%s has no %s that is %s, only %s".formatted(name, label, wanted, values));
        }
    }

    private Set<String> aggregation(JsonNode node) {
        Set<String> inside = labels(node.path("expr"));
        Set<String> grouping = strings(node.path("grouping"));
        if (node.path("without").asBoolean()) {
            Set<String> left = new HashSet<>(inside);
            left.removeAll(grouping);
            return left;
        }
        require(inside, grouping, "by");
        return grouping;
    }

    private Set<String> binary(JsonNode node) {
        Set<String> left = labels(node.path("lhs"));
        Set<String> right = labels(node.path("rhs"));
        JsonNode matching = node.path("matching");
        if (matching.path("on").asBoolean()) {
            require(left, strings(matching.path("labels")), "on, left side,");
            require(right, strings(matching.path("labels")), "on, right side,");
        }
        if (SET_OPERATORS.contains(node.path("op").asString())) {
            if (!node.path("op").asString().equals("or")) {
                return left;
            }
            Set<String> both = new HashSet<>(left);
            both.retainAll(right);
            return both;
        }
        return left.isEmpty() ? right : left;
    }

    private Set<String> call(JsonNode node) {
        Set<String> labels = new HashSet<>();
        node.path("args").forEach(argument -> labels.addAll(labels(argument)));
        if (node.path("func").path("name").asString().equals("label_replace")) {
            labels.add(node.path("args").path(1).path("val").asString());
        }
        if (node.path("func").path("name").asString().equals("histogram_quantile")) {
            labels.remove("le");
        }
        return labels;
    }

    private void require(Set<String> there, Set<String> wanted, String where) {
        if (there.isEmpty()) {
            return; // of a metric that does not exist, which is complained of already
        }
        for (String label : wanted) {
            if (!there.contains(label)) {
                complaints.add("%s (%s): only %s are there".formatted(where, label, new TreeSet<>(there)));
            }
        }
    }

    private static Set<String> strings(JsonNode array) {
        Set<String> strings = new TreeSet<>();
        array.forEach(each -> strings.add(each.asString()));
        return strings;
    }
}
