package dev.sidecar.console;

import dev.sidecar.alerts.Delivered;
import dev.sidecar.alerts.FiringAlert;
import dev.sidecar.alerts.Muted;

/** Holds the rows of the alerts page. */
final class AlertsPage {

    private AlertsPage() {}

    /** The state of the dead man's switch: the CSS class of its badge, a word, a sentence. */
    record Watchdog(String state, String word, String sentence) {}

    record FiringRow(FiringAlert alert, String age) {

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
