package dev.sidecar.console;

import dev.sidecar.alerts.Delivered;
import dev.sidecar.alerts.FiringAlert;
import dev.sidecar.alerts.Muted;
import java.util.Comparator;
import java.util.List;

/** Holds the rows of the alerts page. */
final class AlertsPage {

    private static final List<String> SEVERITIES = List.of("critical", "warning");

    private AlertsPage() {}

    /** The state of the dead man's switch: the CSS class of its badge, a word, a sentence. */
    record Watchdog(String state, String word, String sentence) {}

    record FiringRow(FiringAlert alert, String age) {

        /** What needs a person first: critical, then warning, then the rest; inhibited ones last, as another alert explains them. */
        static final Comparator<FiringRow> URGENT_FIRST = Comparator.comparing(
                        (FiringRow row) -> row.alert().muted())
                .thenComparing(row ->
                        SEVERITIES.contains(row.severity()) ? SEVERITIES.indexOf(row.severity()) : SEVERITIES.size())
                .thenComparing(row -> row.alert().since());

        public String name() {
            return alert.labels().getOrDefault("alertname", "?");
        }

        /** The CSS class of its badge. */
        public String state() {
            return alert.muted() ? "off" : "critical".equals(severity()) ? "broken" : "inconclusive";
        }

        public String word() {
            return alert.muted() ? "inhibited" : severity();
        }

        private String severity() {
            return alert.labels().getOrDefault("severity", "warning");
        }

        public String runbook() {
            return alert.annotations().getOrDefault("runbook_url", "").startsWith("http")
                    ? "/runbooks/" + name() + ".md"
                    : "";
        }

        public String summary() {
            return alert.annotations().getOrDefault("summary", "");
        }
    }

    record DeliveryRow(Delivered last, String age) {}

    record MutingRow(Muted muted, String age) {

        public String name() {
            return muted.labels().getOrDefault("alertname", "?");
        }
    }
}
