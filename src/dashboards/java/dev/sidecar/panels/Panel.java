package dev.sidecar.panels;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One picture and what it asks for.
 *
 * <p>In every query {@code HERE} stands for the stack and host that are chosen at the top of the page.
 */
final class Panel {

    private static final String HERE = "stack=~\"$stack\",host=~\"$host\"";
    private static final String READABLE =
            " | json message=\"message\", msg=\"msg\", error=\"error\", stack_trace=\"stack_trace\","
                    + " method=\"method\", path=\"path\", status=\"status\", duration_ms=\"duration_ms\""
                    + " | drop __error__, __error_details__, method_extracted, path_extracted, status_extracted, duration_ms_extracted"
                    + " | line_format `{{if .message}}{{.message}}{{else if .msg}}{{.msg}}{{else if not .path}}{{__line__}}{{end}}"
                    + "{{if .error}}: {{.error}}{{end}}"
                    + "{{if .path}} {{.method}} {{.path}} {{.status}} in {{.duration_ms}} ms{{end}}"
                    + "{{if .stack_trace}} {{trunc 300 .stack_trace}}{{end}}`";
    private static final String GREEN = "green";
    private static final String YELLOW = "yellow";
    private static final String RED = "red";
    private static final double DECADES = 1_000_000_000;
    private static final List<String> FIRST_COLUMNS =
            List.of("alertname", "severity", "alertstate", "service", "host", "job_name", "datname", "queryid", "user");
    private static final String BLUE = "semi-dark-blue";
    private static final String GREY = "#73767d";

    private final String type;
    private final String title;
    private final String description;
    private final List<Map<String, Object>> targets = new ArrayList<>();
    private final Map<String, Object> custom = new LinkedHashMap<>();
    private final Map<String, Object> defaults = new LinkedHashMap<>();
    private final Map<String, Object> options = new LinkedHashMap<>();
    private final List<Object> transformations = new ArrayList<>();
    private final List<Object> overrides = new ArrayList<>();
    private final List<Object> mappings = new ArrayList<>();
    private String dataSource = "prometheus";
    private int width = 8;
    private int height = 8;
    private String colourOfNothing = GREY;

    private Panel(String type, String title, String description) {
        this.type = type;
        this.title = title;
        this.description = description;
        defaults.put("unit", "short");
    }

    /** Where a panel begins that has nothing but zeros: Grafana would draw an axis up to 100, which is 10,000 %. */
    private static final Map<String, Number> LEAST_TOP_OF_AXIS =
            Map.of("percentunit", 0.1, "reqps", 1, "s", 0.1, "short", 1, "ops", 1, "Bps", 1024, "bytes", 1024);

    /** Rows of a legend's table that a panel of the usual height shows whole. */
    private static final int ROWS_OF_A_LEGEND = 2;

    /** Lines over time, with the last and the greatest value of a few series below, or the names of many. */
    static Panel timeSeries(String title, String description) {
        Panel panel = new Panel("timeseries", title, description);
        panel.custom.putAll(Map.of("drawStyle", "line", "lineWidth", 1, "fillOpacity", 10, "showPoints", "never"));
        panel.custom.put("spanNulls", 60_000);
        panel.options.put("tooltip", Map.of("mode", "multi", "sort", "desc"));
        return panel;
    }

    /** One figure, with its course behind it. */
    static Panel stat(String title, String description) {
        return figure("stat", title, description)
                .option("colorMode", "background")
                .option("graphMode", "area")
                .option("textMode", "auto")
                .size(4, 4);
    }

    /** Each figure with its name, even if there is only one. */
    Panel named() {
        return option("textMode", "value_and_name");
    }

    Panel widthOf(String field, int pixels) {
        return override(field, "custom.width", pixels);
    }

    static Panel gauge(String title, String description) {
        return figure("gauge", title, description)
                .option("showThresholdMarkers", true)
                .size(4, 8);
    }

    static Panel bars(String title, String description) {
        return figure("bargauge", title, description)
                .option("orientation", "horizontal")
                .option("displayMode", "gradient");
    }

    /** States side by side in time; colours by {@link #states} or by the thresholds. */
    static Panel timeline(String title, String description) {
        Panel panel = new Panel("state-timeline", title, description);
        panel.custom.putAll(Map.of("fillOpacity", 80, "lineWidth", 0));
        panel.options.put("mergeValues", true);
        panel.options.put("showValue", "never");
        panel.options.put("legend", Map.of("displayMode", "list", "placement", "bottom", "showLegend", true));
        return panel;
    }

    static Panel heatmap(String title, String description) {
        Panel panel = new Panel("heatmap", title, description);
        panel.options.put("calculate", false);
        panel.options.put("color", Map.of("mode", "scheme", "scheme", "Turbo", "exponent", 0.5, "steps", 64));
        panel.options.put("cellGap", 1);
        panel.options.put("yAxis", Map.of("unit", "s", "axisPlacement", "left"));
        panel.options.put("tooltip", Map.of("mode", "single", "yHistogram", true));
        return panel.size(12, 9);
    }

    static Panel table(String title, String description) {
        Panel panel = new Panel("table", title, description);
        panel.options.put("showHeader", true);
        panel.options.put("cellHeight", "sm");
        // A label of digits would be formatted as if it were the value.
        panel.defaults.put("unit", "string");
        panel.overrides.add(Map.of(
                "matcher",
                Map.of("id", "byType", "options", "string"),
                "properties",
                List.of(Map.of("id", "noValue", "value", "–"))));
        return panel.size(12, 9);
    }

    /** Log lines, of those in JSON what a person wants to read; a click shows their fields. */
    static Panel lines(String title, String description, String logQl) {
        Panel panel = new Panel("logs", title, description);
        panel.options.put("prettifyLogMessage", false);
        panel.options.putAll(Map.of("showTime", true, "wrapLogMessage", true, "enableLogDetails", true));
        panel.options.put("sortOrder", "Descending");
        panel.options.put("dedupStrategy", "none");
        return panel.size(24, 10).logs("", logQl + READABLE);
    }

    private static Panel figure(String type, String title, String description) {
        Panel panel = new Panel(type, title, description);
        panel.options.put("reduceOptions", Map.of("calcs", List.of("lastNotNull"), "fields", "", "values", false));
        return panel;
    }

    Panel query(String legend, String promQl) {
        Map<String, Object> target = target(promQl, legend);
        target.put("editorMode", "code");
        target.put("range", true);
        if (type.equals("heatmap")) {
            target.put("format", "heatmap");
        }
        return this;
    }

    /** Marks sampled requests in the picture; a click on one leads to its lines. */
    Panel exemplars() {
        targets.forEach(target -> target.put("exemplar", true));
        return this;
    }

    /** The value of now, as rows of a table or as bars. */
    Panel now(String legend, String promQl) {
        Map<String, Object> target = target(promQl, legend);
        target.put("editorMode", "code");
        target.put("instant", true);
        target.put("range", false);
        if (type.equals("table")) {
            target.put("format", "table");
        }
        return this;
    }

    Panel logs(String legend, String logQl) {
        dataSource = "loki";
        Map<String, Object> target = target(logQl, legend);
        target.put("queryType", "range");
        target.put("maxLines", 500);
        return this;
    }

    private Map<String, Object> target(String expression, String legend) {
        Map<String, Object> target = new LinkedHashMap<>();
        target.put("refId", String.valueOf((char) ('A' + targets.size())));
        target.put("datasource", source());
        target.put("expr", expression.strip().replaceAll("\\s*\\n\\s*", " ").replace("HERE", HERE));
        if (!legend.isEmpty()) {
            target.put("legendFormat", legend);
        }
        targets.add(target);
        return target;
    }

    Panel unit(String unit) {
        defaults.put("unit", unit);
        if (type.equals("heatmap")) {
            options.put("yAxis", Map.of("unit", unit, "axisPlacement", "left"));
        }
        return this;
    }

    Panel decimals(int decimals) {
        defaults.put("decimals", decimals);
        return this;
    }

    Panel size(int newWidth, int newHeight) {
        width = newWidth;
        height = newHeight;
        return this;
    }

    Panel range(double least, double most) {
        defaults.put("min", least);
        defaults.put("max", most);
        return this;
    }

    Panel fromZero() {
        defaults.put("min", 0);
        return this;
    }

    Panel stacked() {
        custom.put("stacking", Map.of("mode", "normal", "group", "A"));
        custom.put("fillOpacity", 40);
        return this;
    }

    Panel columns() {
        custom.put("drawStyle", "bars");
        custom.put("fillOpacity", 70);
        return stacked();
    }

    /** Green below the first, yellow from there, red from the second on. */
    Panel worseAbove(double yellow, double red) {
        return thresholds(GREEN, yellow, YELLOW, red, RED);
    }

    /** Red below the first, yellow up to the second, green from there on. */
    Panel worseBelow(double red, double yellow) {
        return thresholds(RED, red, YELLOW, yellow, GREEN);
    }

    /** As {@link #worseBelow(double, double)}, for one of the figures. */
    Panel worseBelowFor(String field, double red, double yellow) {
        return override(field, "thresholds", steps(RED, red, YELLOW, yellow, GREEN));
    }

    private static Map<String, Object> steps(String base, double first, String then, double second, String last) {
        Map<String, Object> least = new LinkedHashMap<>();
        least.put("color", base);
        least.put("value", null);
        return Map.of(
                "mode",
                "absolute",
                "steps",
                List.of(least, Map.of("color", then, "value", first), Map.of("color", last, "value", second)));
    }

    private Panel thresholds(String base, double first, String then, double second, String last) {
        defaults.put("thresholds", steps(base, first, then, second, last));
        if (type.equals("timeseries")) {
            custom.put("thresholdsStyle", Map.of("mode", "dashed"));
        } else {
            defaults.put("color", Map.of("mode", "thresholds"));
        }
        return this;
    }

    /** Maps 1 to green and 0 to red, each with its word. */
    Panel states(String one, String zero) {
        return states(one, GREEN, zero, RED);
    }

    Panel states(String one, String colourOfOne, String zero, String colourOfZero) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("0", Map.of("text", zero, "color", colourOfZero, "index", 0));
        values.put("1", Map.of("text", one, "color", colourOfOne, "index", 1));
        mappings.add(Map.of("type", "value", "options", values));
        return this;
    }

    /** Shows words instead of an empty panel when the query has no result. */
    Panel nothing(String words) {
        defaults.put("noValue", words);
        return this;
    }

    /** As {@link #nothing(String)}, where nothing is bad news. */
    Panel worstIfNothing(String words) {
        colourOfNothing = RED;
        return nothing(words);
    }

    /** For an age: what never happened has the time stamp 0, and so an age of decades. */
    Panel never(String words) {
        Map<String, Object> range = new LinkedHashMap<>();
        range.put("from", DECADES);
        range.put("to", null);
        range.put("result", Map.of("text", words, "color", RED, "index", mappings.size()));
        mappings.add(Map.of("type", "range", "options", range));
        return this;
    }

    Panel unitOf(String field, String unit) {
        return override(field, "unit", unit);
    }

    private Panel override(String field, String property, Object value) {
        overrides.add(Map.of(
                "matcher",
                Map.of("id", "byName", "options", field),
                "properties",
                List.of(Map.of("id", property, "value", value))));
        return this;
    }

    Panel transform(String id, Map<String, Object> with) {
        transformations.add(Map.of("id", id, "options", with));
        return this;
    }

    /** Leaves out the columns that say nothing here, and names the value and its unit. */
    Panel tidy(String valueName, String unit, String... hidden) {
        unitOf(valueName, unit);
        Map<String, Object> excluded = new LinkedHashMap<>();
        excluded.put("Time", true);
        for (String name : hidden) {
            excluded.put(name, true);
        }
        Map<String, Object> order = new LinkedHashMap<>();
        for (String name : FIRST_COLUMNS) {
            order.put(name, order.size());
        }
        return transform(
                "organize",
                Map.of("excludeByName", excluded, "indexByName", order, "renameByName", Map.of("Value", valueName)));
    }

    /** A click on a series opens the lines of that service in the time that is on the screen. */
    Panel toLogs() {
        return link("Logs of ${__field.labels.service}", explore("{service=\"${__field.labels.service}\"}"));
    }

    Panel link(String linkTitle, String url) {
        defaults.put("links", List.of(Map.of("title", linkTitle, "url", url, "targetBlank", false)));
        return this;
    }

    private static String explore(String logQl) {
        String pane =
                "{\"logs\":{\"datasource\":\"loki\",\"queries\":[{\"refId\":\"A\",\"expr\":\"%s\"}],\"range\":{\"from\":\"${__from}\",\"to\":\"${__to}\"}}}"
                        .formatted(logQl.replace("\"", "\\\""));
        String encoded = URLEncoder.encode(pane, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%24%7B", "${")
                .replace("%7D", "}");
        return "/explore?schemaVersion=1&orgId=1&panes=" + encoded;
    }

    private Panel option(String name, Object value) {
        options.put(name, value);
        return this;
    }

    private Map<String, Object> source() {
        return Map.of("type", dataSource, "uid", dataSource);
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    Map<String, Object> toJson(int id, int x, int y) {
        if (type.equals("timeseries")) {
            options.put("legend", legend());
            Number top = LEAST_TOP_OF_AXIS.get(String.valueOf(defaults.get("unit")));
            if (top != null && !defaults.containsKey("max")) {
                custom.put("axisSoftMax", top);
            }
        }
        if (!custom.isEmpty()) {
            defaults.put("custom", custom);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", id);
        json.put("type", type);
        json.put("title", title);
        json.put("description", description);
        json.put("datasource", source());
        json.put("gridPos", Map.of("x", x, "y", y, "w", width, "h", height));
        if (options.containsKey("reduceOptions")) {
            colours();
        }
        if (!mappings.isEmpty()) {
            defaults.put("mappings", mappings);
        }
        json.put("fieldConfig", Map.of("defaults", defaults, "overrides", overrides));
        json.put("options", options);
        json.put("targets", targets);
        if (!transformations.isEmpty()) {
            json.put("transformations", transformations);
        }
        return json;
    }

    private Map<String, Object> legend() {
        boolean few = targets.size() <= ROWS_OF_A_LEGEND
                && targets.stream()
                        .noneMatch(target ->
                                String.valueOf(target.get("legendFormat")).contains("{{"));
        return Map.of(
                "displayMode",
                few ? "table" : "list",
                "placement",
                "bottom",
                "showLegend",
                true,
                "calcs",
                few ? List.of("last", "max") : List.of());
    }

    /**
     * Without it a figure that is missing has the colour of the lowest threshold, which is green as a rule, and one without thresholds is
     * red from 80 on.
     */
    private void colours() {
        if (!defaults.containsKey("thresholds") && mappings.isEmpty()) {
            defaults.put("color", Map.of("mode", "fixed", "fixedColor", BLUE));
        }
        Object words = defaults.getOrDefault("noValue", "no data");
        mappings.add(Map.of(
                "type",
                "special",
                "options",
                Map.of(
                        "match",
                        "null+nan",
                        "result",
                        Map.of("text", words, "color", colourOfNothing, "index", mappings.size()))));
    }
}
