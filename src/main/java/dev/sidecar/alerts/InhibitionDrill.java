package dev.sidecar.alerts;

import dev.sidecar.alerts.AlertmanagerConfig.Inhibition;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A pair of alerts made from the matchers of an inhibition rule.
 *
 * @param source the labels of the alert that mutes
 * @param target the labels of the alert that is muted
 */
record InhibitionDrill(Map<String, String> source, Map<String, String> target) {

    private static final Pattern MATCHER = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(=~|!=|!~|=)\"?(.*?)\"?");

    static InhibitionDrill of(Inhibition rule, @Nullable String differing, String id) {
        Map<String, String> source = side(rule.source(), "DrillSource");
        Map<String, String> target = side(rule.target(), "DrillTarget");
        for (String label : rule.equal()) {
            String common = source.getOrDefault(label, target.get(label));
            String value =
                    label.equals("stack") || common == null || common.startsWith("Drill") ? "drill-" + id : common;
            // Labels that only tell parts of a service apart need not be there; what the matchers ask for must.
            if (source.containsKey(label) || target.containsKey(label)) {
                source.put(label, value);
                target.put(label, value);
            }
        }
        // A stack of its own, whatever the rule says, so that nothing real is muted.
        source.put("stack", "drill-" + id);
        target.put("stack", "drill-" + id);
        if (differing != null) {
            target.put(differing, target.getOrDefault(differing, "drill") + "-other");
        }
        return new InhibitionDrill(source, target);
    }

    private static Map<String, String> side(List<String> matchers, String alertname) {
        Map<String, String> labels = new TreeMap<>(Map.of("alertname", alertname, "drill", "inhibition"));
        for (String text : matchers) {
            Matcher matcher = MATCHER.matcher(text);
            if (matcher.matches() && !matcher.group(2).startsWith("!")) {
                String value = matcher.group(3);
                labels.put(
                        matcher.group(1),
                        matcher.group(2).equals("=")
                                ? value
                                : value.matches("[.*+]+") ? "drill" : value.split("\\|")[0]);
            }
        }
        return labels;
    }
}
