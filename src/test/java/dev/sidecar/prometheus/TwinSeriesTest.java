package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles.Recording;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * No series, whatever its labels, ends a rule for everybody. A target that a user adds may export any metric twice, with any labels: where
 * two series then match, or come out alike, Prometheus refuses to evaluate the rule at all. So nothing is matched, relabelled or told
 * before it was aggregated to labels that the rule names. Judged on Prometheus' own reading of each expression.
 */
class TwinSeriesTest {

    @TempDir
    static Path directory;

    private static PrometheusServer parser;

    private final Map<String, String> recordings =
            RuleFiles.recordings().stream().collect(Collectors.toMap(Recording::name, Recording::expression));
    private final List<String> complaints = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        parser = PrometheusServer.idle(directory);
    }

    @AfterAll
    static void stop() {
        parser.close();
    }

    @Test
    void noRuleCanBeEndedByATwinOfASeries() {
        RuleFiles.alerts()
                .forEach(alert -> judge(
                        alert.toString(), alert.expression(), alert.labels().keySet()));
        RuleFiles.recordings().forEach(recording -> judge(recording.name(), recording.expression(), Set.of()));

        assertThat(complaints).isEmpty();
    }

    /** Each of these ends its rule for everybody, or with the labels that the rule adds. */
    static Stream<String> refused() {
        return Stream.of(
                "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
                "max by (stack, reason) (label_replace(redis_up == 0, \"reason\", \"down\", \"\", \"\"))",
                "max by (stack) (pg_up * on (stack) redis_up)",
                "max by (stack) (max by (stack, host) (pg_up) * on (stack) max by (stack) (redis_up))",
                "max by (stack) (pg_up * on (stack) group_left () max by (stack, host) (redis_up))",
                "max by (stack, severity) (pg_up)",
                "max by (stack) (pg_up) or pg_up",
                "max by (stack) (label_replace(max by (stack, host) (pg_up), \"host\", \"$1\", \"stack\", \"(.*)\"))");
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatATwinWouldEndIsSeen(String expression) {
        judge("it", expression, Set.of("severity"));

        assertThat(complaints).isNotEmpty();
    }

    private void judge(String rule, String expression, Set<String> added) {
        int before = complaints.size();
        Set<String> labels = labels(parser.parse(expression));
        if (labels == null) {
            complaints.add("its series keep any labels");
        } else if (labels.stream().anyMatch(added::contains)) {
            complaints.add("it sets a label that its series have: " + labels);
        }
        for (int i = before; i < complaints.size(); i++) {
            complaints.set(i, rule + ": " + complaints.get(i));
        }
    }

    /** Lists the only labels that the result can have; null if it can have any. */
    private @Nullable Set<String> labels(JsonNode node) {
        return switch (node.path("type").asString("")) {
            case "vectorSelector", "matrixSelector" -> {
                String recorded = recordings.get(node.path("name").asString(""));
                yield recorded == null ? null : labels(parser.parse(recorded));
            }
            case "aggregation" -> aggregation(node);
            case "binaryExpr" -> binary(node);
            case "call" -> call(node);
            case "parenExpr", "unaryExpr", "subquery" -> labels(node.path("expr"));
            case "numberLiteral", "stringLiteral" -> Set.of();
            default -> throw new IllegalStateException("unknown node " + node);
        };
    }

    private @Nullable Set<String> aggregation(JsonNode node) {
        labels(node.path("expr"));
        return node.path("without").asBoolean() ? null : strings(node.path("grouping"));
    }

    private @Nullable Set<String> call(JsonNode node) {
        String function = node.path("func").path("name").asString();
        if (function.equals("vector") || function.equals("time")) {
            return Set.of();
        }
        Set<String> labels = null;
        for (JsonNode argument : node.path("args")) {
            if (!isPlain(argument)) {
                labels = labels(argument);
            }
        }
        if (labels != null && function.equals("histogram_quantile")) {
            labels = new TreeSet<>(labels);
            labels.remove("le");
        }
        if (function.equals("label_replace")) {
            String set = node.path("args").path(1).path("val").asString();
            if (labels == null || labels.contains(set)) {
                complaints.add("label_replace sets %s where series may differ in it alone".formatted(set));
                return labels;
            }
            labels = new TreeSet<>(labels);
            labels.add(set);
        }
        return labels;
    }

    private @Nullable Set<String> binary(JsonNode node) {
        JsonNode left = node.path("lhs");
        JsonNode right = node.path("rhs");
        JsonNode matching = node.path("matching");
        Set<String> lefts = labels(left);
        Set<String> rights = labels(right);
        if (matching.isNull() || matching.isMissingNode()) {
            return isPlain(left) ? rights : lefts;
        }
        String operator = node.path("op").asString();
        if (operator.equals("and") || operator.equals("unless")) {
            return lefts;
        }
        if (operator.equals("or")) {
            if (lefts == null || rights == null) {
                return null;
            }
            Set<String> both = new HashSet<>(lefts);
            both.addAll(rights);
            return both;
        }
        if (!matching.path("on").asBoolean()) {
            // All labels are compared, and no two series of one side are alike.
            assertThat(strings(matching.path("labels"))).as("ignoring").isEmpty();
            return lefts == null ? rights : lefts;
        }
        Set<String> on = strings(matching.path("labels"));
        String card = matching.path("card").asString();
        if (!card.equals("many-to-one")) {
            requireOne(lefts, on, operator + ", left side,");
        }
        if (!card.equals("one-to-many")) {
            requireOne(rights, on, operator + ", right side,");
        }
        return card.equals("one-to-one") ? on : card.equals("many-to-one") ? lefts : rights;
    }

    private void requireOne(@Nullable Set<String> labels, Set<String> on, String where) {
        if (labels == null || !on.containsAll(labels)) {
            complaints.add("%s can have several series for one %s".formatted(where, on));
        }
    }

    /** Tells whether it is a number or a text, and no series. */
    private static boolean isPlain(JsonNode node) {
        return switch (node.path("type").asString("")) {
            case "numberLiteral", "stringLiteral" -> true;
            case "parenExpr", "unaryExpr" -> isPlain(node.path("expr"));
            case "call" -> node.path("func").path("name").asString().equals("time");
            case "binaryExpr" -> isPlain(node.path("lhs")) && isPlain(node.path("rhs"));
            default -> false;
        };
    }

    private static Set<String> strings(JsonNode array) {
        Set<String> strings = new TreeSet<>();
        array.forEach(each -> strings.add(each.asString()));
        return strings;
    }
}
