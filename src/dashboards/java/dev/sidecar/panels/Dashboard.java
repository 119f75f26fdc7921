package dev.sidecar.panels;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A page that answers one question. Panels flow from left to right, a heading begins a new row. */
final class Dashboard {

    private static final int COLUMNS = 24;
    /** Of Grafana 13. */
    private static final int SCHEMA = 42;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final String uid;
    private final String title;
    private final String question;
    private final List<Object> variables = new ArrayList<>();
    private final List<Object> panels = new ArrayList<>();
    private int x;
    private int y;
    private int rowHeight;

    Dashboard(String uid, String title, String question) {
        this.uid = uid;
        this.title = title;
        this.question = question;
        variable("stack", "Stack", "label_values(up, stack)");
        variable("host", "Host", "label_values(up{stack=~\"$stack\"}, host)");
    }

    String uid() {
        return uid;
    }

    /** A choice whose "All" is the matcher {@code .+}: Loki refuses a selector that could match nothing. */
    Dashboard variable(String name, String label, String promQl) {
        Map<String, Object> variable = input("query", name, label);
        variable.put("datasource", Map.of("type", "prometheus", "uid", "prometheus"));
        variable.put(
                "query", Map.of("qryType", 1, "query", promQl, "refId", "PrometheusVariableQueryEditor-VariableQuery"));
        variable.put("definition", promQl);
        variable.put("refresh", 2);
        variable.put("sort", 1);
        variable.put("includeAll", true);
        variable.put("allValue", ".+");
        variable.put("multi", true);
        variable.put("current", Map.of("selected", true, "text", List.of("All"), "value", List.of("$__all")));
        return this;
    }

    Dashboard textBox(String name, String label, String value) {
        Map<String, Object> variable = input("textbox", name, label);
        variable.put("query", value);
        variable.put("current", Map.of("selected", true, "text", value, "value", value));
        return this;
    }

    private Map<String, Object> input(String type, String name, String label) {
        Map<String, Object> variable = new LinkedHashMap<>();
        variable.put("type", type);
        variable.put("name", name);
        variable.put("label", label);
        variables.add(variable);
        return variable;
    }

    Dashboard row(String heading) {
        newLine();
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", panels.size() + 1);
        row.put("type", "row");
        row.put("title", heading);
        row.put("collapsed", false);
        row.put("panels", List.of());
        row.put("gridPos", Map.of("x", 0, "y", y, "w", COLUMNS, "h", 1));
        panels.add(row);
        y++;
        return this;
    }

    Dashboard panel(Panel panel) {
        if (x + panel.width() > COLUMNS) {
            newLine();
        }
        panels.add(panel.toJson(panels.size() + 1, x, y));
        x += panel.width();
        rowHeight = Math.max(rowHeight, panel.height());
        return this;
    }

    private void newLine() {
        y += rowHeight;
        x = 0;
        rowHeight = 0;
    }

    String toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("uid", uid);
        json.put("title", title);
        json.put("description", question);
        json.put("tags", List.of("sidecar"));
        json.put("schemaVersion", SCHEMA);
        json.put("version", 1);
        json.put("editable", false);
        json.put("graphTooltip", 1);
        json.put("timezone", "browser");
        json.put("refresh", "30s");
        json.put("time", Map.of("from", "now-6h", "to", "now"));
        json.put("timepicker", Map.of("refresh_intervals", List.of("10s", "30s", "1m", "5m", "15m")));
        json.put("templating", Map.of("list", variables));
        json.put("annotations", Map.of("list", List.of(backups(), alerts())));
        json.put("links", List.of(otherDashboards()));
        json.put("panels", panels);
        return JSON.writeValueAsString(json) + "\n";
    }

    private static Map<String, Object> backups() {
        Map<String, Object> annotation = annotation("Backups", "blue");
        annotation.put(
                "expr", "max by (database) (sidecar_backup_last_success_timestamp_seconds{stack=~\"$stack\"}) * 1000");
        annotation.put("useValueForTime", "on");
        annotation.put("titleFormat", "Backup of {{database}}");
        return annotation;
    }

    private static Map<String, Object> alerts() {
        Map<String, Object> annotation = annotation("Firing alerts", "red");
        annotation.put("expr", "ALERTS{alertstate=\"firing\",alertname!=\"Watchdog\",stack=~\"$stack\"}");
        annotation.put("titleFormat", "{{alertname}}");
        annotation.put("textFormat", "{{severity}}: {{service}}");
        return annotation;
    }

    private static Map<String, Object> annotation(String name, String colour) {
        Map<String, Object> annotation = new LinkedHashMap<>();
        annotation.put("name", name);
        annotation.put("datasource", Map.of("type", "prometheus", "uid", "prometheus"));
        annotation.put("enable", true);
        annotation.put("hide", false);
        annotation.put("iconColor", colour);
        annotation.put("step", "60s");
        return annotation;
    }

    private static Map<String, Object> otherDashboards() {
        Map<String, Object> link = new LinkedHashMap<>();
        link.put("type", "dashboards");
        link.put("title", "Dashboards");
        link.put("tags", List.of("sidecar"));
        link.put("asDropdown", true);
        link.put("keepTime", true);
        link.put("includeVars", true);
        return link;
    }
}
