package dev.sidecar.prometheus;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * A selector in an expression: the metric and labels whose series it reads.
 *
 * @param metric the metric's name; empty if the expression selects by labels alone
 * @param labels the labels that it matches on
 */
public record Selector(String metric, Set<String> labels) {

    /** Finds all selectors in a syntax tree that Prometheus has parsed. */
    static Set<Selector> in(JsonNode syntaxTree) {
        Set<Selector> found = new LinkedHashSet<>();
        collect(syntaxTree, found);
        return found;
    }

    private static void collect(JsonNode node, Set<Selector> found) {
        String type = node.path("type").asString("");
        if (type.equals("vectorSelector") || type.equals("matrixSelector")) {
            found.add(of(node));
        }
        node.forEach(child -> {
            if (child.isContainer()) {
                collect(child, found);
            }
        });
    }

    private static Selector of(JsonNode node) {
        String metric = node.path("name").asString("");
        Set<String> labels = new TreeSet<>();
        for (JsonNode matcher : node.path("matchers")) {
            String label = matcher.path("name").asString("");
            if (!label.equals("__name__")) {
                labels.add(label);
            } else if (metric.isEmpty() && matcher.path("type").asString("").equals("=")) {
                metric = matcher.path("value").asString("");
            }
        }
        return new Selector(metric, labels);
    }

    /** Selects the series of this metric that have all of these labels, whatever their values. */
    String existence() {
        return "{__name__=\"" + metric + "\""
                + labels.stream().map(label -> "," + label + "!=\"\"").collect(Collectors.joining()) + "}";
    }

    @Override
    public String toString() {
        return labels.isEmpty() ? metric : metric + "{" + String.join(",", labels) + "}";
    }
}
