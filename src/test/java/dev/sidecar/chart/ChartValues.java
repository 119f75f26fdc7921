package dev.sidecar.chart;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/** The rows of the chart's README: one for each value that has a comment "# -- …" above it. */
final class ChartValues {

    private static final Pattern COMMENT = Pattern.compile(" *# -- (.*)");
    private static final Pattern KEY = Pattern.compile("( *)([A-Za-z0-9]+):.*");
    private static final int INDENT = 2;
    private static final int LONGEST_DEFAULT = 120;

    private ChartValues() {}

    record Row(String name, Object value, String meaning) {

        @Override
        public String toString() {
            String json = JsonMapper.shared().writeValueAsString(value);
            String shown = json.length() > LONGEST_DEFAULT ? "see `values.yaml`" : "`" + json + "`";
            return "| `%s` | %s | %s |\n".formatted(name, shown, meaning);
        }
    }

    static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        Deque<String> path = new ArrayDeque<>();
        String comment = null;
        for (String line :
                Chart.text(Chart.FOLDER.resolve("values.yaml")).lines().toList()) {
            Matcher said = COMMENT.matcher(line);
            Matcher key = KEY.matcher(line);
            if (said.matches()) {
                comment = said.group(1);
            } else if (key.matches()) {
                while (path.size() > key.group(1).length() / INDENT) {
                    path.removeLast();
                }
                path.addLast(key.group(2));
                if (comment != null) {
                    rows.add(new Row(String.join(".", path), value(path), comment));
                }
                comment = null;
            }
        }
        return rows;
    }

    private static Object value(Deque<String> path) {
        Object value = Chart.values();
        for (String key : path) {
            value = ((Map<?, ?>) value).get(key);
        }
        return value;
    }
}
