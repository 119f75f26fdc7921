package dev.sidecar.grafana;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Finds the queries in a dashboard's JSON model. */
record Dashboard(String title, JsonNode model) {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?::\\w+)?}|\\$(\\w+)|\\[\\[(\\w+)]]");
    private static final Map<String, String> BUILT_IN = Map.of(
            "__rate_interval", "1m",
            "__interval", "30s",
            "__interval_ms", "30000",
            "__range", "6h",
            "__range_s", "21600",
            "__auto", "1m",
            "__from", "0",
            "__to", "0");

    List<PanelQuery> queries() {
        Map<String, String> variables = new HashMap<>(BUILT_IN);
        for (JsonNode variable : model.path("templating").path("list")) {
            variables.put(variable.path("name").asString(""), valueOf(variable));
        }
        List<PanelQuery> queries = new ArrayList<>();
        collect(model.path("panels"), variables, queries);
        return queries;
    }

    private void collect(JsonNode panels, Map<String, String> variables, List<PanelQuery> queries) {
        for (JsonNode panel : panels) {
            collect(panel.path("panels"), variables, queries);
            for (JsonNode target : panel.path("targets")) {
                String expression = target.path("expr").asString("");
                if (!expression.isEmpty()) {
                    String datasource = target.path("datasource")
                            .path("uid")
                            .asString(panel.path("datasource").path("uid").asString(""));
                    queries.add(new PanelQuery(
                            title, panel.path("title").asString(""), datasource, filled(expression, variables)));
                }
            }
        }
    }

    /** Finds a variable's value when you open the dashboard: "All", or its first value. */
    private static String valueOf(JsonNode variable) {
        if (variable.path("includeAll").asBoolean(false)) {
            return variable.path("allValue").asString(".*");
        }
        String type = variable.path("type").asString("");
        String current = variable.path("current").path("value").asString("");
        if (type.equals("constant") || type.equals("textbox") || type.equals("custom") || type.equals("interval")) {
            String first = variable.path("query").asString("").split(",")[0];
            return current.isEmpty() ? first : current;
        }
        return current.isEmpty() ? ".*" : current;
    }

    private static String filled(String expression, Map<String, String> variables) {
        Matcher variable = VARIABLE.matcher(expression);
        return variable.replaceAll(found -> {
            String name =
                    found.group(1) != null ? found.group(1) : found.group(2) != null ? found.group(2) : found.group(3);
            return Matcher.quoteReplacement(variables.getOrDefault(name, found.group()));
        });
    }
}
