package dev.sidecar.panels;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the part of LogQL that the dashboards use, so that a typing error is found where there is no Loki. {@code LogQlTest}
 * compares its judgement with that of the real Loki.
 */
final class LogQl {

    private static final Pattern TOKEN = Pattern.compile(
            "\\s+|\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|\\d+(?:\\.\\d+)?(?:ms|[smhdwy])(?:\\d+(?:ms|[smhdwy]))*|\\d+(?:\\.\\d+)?(?:e\\d+)?"
                    + "|[A-Za-z_][A-Za-z0-9_]*|\\|=|\\|~|!=|!~|=~|==|>=|<=|[{}()\\[\\],=|<>+*/%^-]");
    private static final Pattern WORD = Pattern.compile("[A-Za-z_]\\w*");
    private static final Pattern DURATION = Pattern.compile("\\d+(\\.\\d+)?(ms|[smhdwy]).*");
    private static final Set<String> OVER_TIME = Set.of(
            "rate",
            "bytes_rate",
            "count_over_time",
            "bytes_over_time",
            "sum_over_time",
            "avg_over_time",
            "max_over_time",
            "min_over_time",
            "quantile_over_time",
            "last_over_time",
            "absent_over_time");
    private static final Set<String> WITH_NUMBER = Set.of("topk", "bottomk", "quantile_over_time");
    private static final Set<String> AGGREGATIONS = Set.of("sum", "avg", "max", "min", "count", "topk", "bottomk");

    private final String query;
    private final Deque<String> tokens = new ArrayDeque<>();
    private final Set<String> labels = new TreeSet<>();
    private final Set<String> fields = new TreeSet<>();

    private LogQl(String query) {
        this.query = query;
    }

    /** @param labels that choose streams @param fields that lines are filtered or counted by */
    record Names(Set<String> labels, Set<String> fields) {}

    /** @throws IllegalArgumentException naming what is wrong and where */
    static Names read(String query) {
        LogQl reader = new LogQl(query);
        reader.split();
        reader.expression();
        if (!reader.tokens.isEmpty()) {
            throw reader.unexpected("the end");
        }
        return new Names(reader.labels, reader.fields);
    }

    private void split() {
        Matcher token = TOKEN.matcher(query);
        int end = 0;
        while (token.find() && token.start() == end) {
            end = token.end();
            if (!token.group().isBlank()) {
                tokens.add(token.group());
            }
        }
        if (end != query.length()) {
            throw new IllegalArgumentException("Cannot read " + query.substring(end) + " in " + query);
        }
    }

    private void expression() {
        operand();
        while (Set.of("+", "-", "*", "/", "%", ">", "<", ">=", "<=", "==").contains(next())) {
            tokens.remove();
            operand();
        }
    }

    private void operand() {
        String first = next();
        if (first.equals("{")) {
            lines();
        } else if (first.equals("(")) {
            expect("(");
            expression();
            expect(")");
        } else if (AGGREGATIONS.contains(first)) {
            aggregation();
        } else if (OVER_TIME.contains(first)) {
            overTime();
        } else if (first.matches("\\d.*")) {
            tokens.remove();
        } else {
            throw unexpected("a selector, a function or a number");
        }
    }

    private void aggregation() {
        String name = tokens.remove();
        grouping();
        expect("(");
        number(name);
        expression();
        expect(")");
        grouping();
    }

    private void overTime() {
        String name = tokens.remove();
        expect("(");
        number(name);
        lines();
        expect("[");
        matching(DURATION, "a duration");
        expect("]");
        expect(")");
        grouping();
    }

    private void number(String function) {
        if (WITH_NUMBER.contains(function)) {
            matching(Pattern.compile("\\d+(\\.\\d+)?"), "a number");
            expect(",");
        }
    }

    private void grouping() {
        if (next().equals("by") || next().equals("without")) {
            tokens.remove();
            expect("(");
            do {
                fields.add(matching(WORD, "a label"));
            } while (accept(","));
            expect(")");
        }
    }

    private void lines() {
        expect("{");
        List<Boolean> certain = new ArrayList<>();
        do {
            certain.add(matcher());
        } while (accept(","));
        expect("}");
        if (!certain.contains(true)) {
            throw new IllegalArgumentException("At least one label must have a value in " + query);
        }
        while (Set.of("|", "|=", "|~", "!=", "!~").contains(next())) {
            stage(tokens.remove());
        }
    }

    /** @return whether it leaves out streams that have no such label */
    private boolean matcher() {
        labels.add(matching(WORD, "a label"));
        String operator = oneOf(Set.of("=", "!=", "=~", "!~"), "a comparison");
        String value = text();
        return switch (operator) {
            case "=" -> !value.isEmpty();
            case "=~" -> !Pattern.matches(value, "");
            default -> false;
        };
    }

    private void stage(String operator) {
        if (!operator.equals("|")) {
            text();
            return;
        }
        String name = matching(WORD, "a stage or a field");
        switch (name) {
            case "json" -> namesOfJson();
            case "drop" -> words();
            case "logfmt", "unpack", "decolorize" -> {}
            case "regexp", "pattern", "line_format" -> text();
            case "unwrap" -> fields.add(matching(WORD, "a field"));
            default -> condition(name);
        }
    }

    /** None for all of the line's fields. */
    private void namesOfJson() {
        while (WORD.matcher(next()).matches()) {
            tokens.remove();
            if (accept("=")) {
                text();
            }
            if (!accept(",")) {
                return;
            }
        }
    }

    private void words() {
        do {
            matching(WORD, "a label");
        } while (accept(","));
    }

    private void condition(String field) {
        fields.add(field);
        String operator = oneOf(Set.of("=", "!=", "=~", "!~", ">", "<", ">=", "<=", "=="), "a comparison");
        if (next().matches("\\d.*")) {
            tokens.remove();
        } else if (Set.of(">", "<", ">=", "<=", "==").contains(operator)) {
            throw unexpected("a number");
        } else {
            text();
        }
        if (accept("and") || accept("or") || accept(",")) {
            condition(matching(WORD, "a field"));
        }
    }

    private String text() {
        String token = next();
        if (!token.startsWith("\"") && !token.startsWith("`")) {
            throw unexpected("a text in quotes");
        }
        tokens.remove();
        return token.substring(1, token.length() - 1).replace("\\\\", "\\");
    }

    private String next() {
        return tokens.isEmpty() ? "" : tokens.peek();
    }

    private boolean accept(String token) {
        return next().equals(token) && tokens.remove() != null;
    }

    private void expect(String token) {
        if (!accept(token)) {
            throw unexpected(token);
        }
    }

    private String oneOf(Set<String> allowed, String what) {
        if (!allowed.contains(next())) {
            throw unexpected(what);
        }
        return tokens.remove();
    }

    private String matching(Pattern pattern, String what) {
        if (!pattern.matcher(next()).matches()) {
            throw unexpected(what);
        }
        return tokens.remove();
    }

    private IllegalArgumentException unexpected(String wanted) {
        return new IllegalArgumentException(
                "Expected " + wanted + " before \"" + String.join(" ", tokens) + "\" in " + query);
    }
}
