package dev.sidecar.console;

import dev.sidecar.alerts.Delivered;
import dev.sidecar.alerts.FiringAlert;
import dev.sidecar.alerts.Muted;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Holds the rows of the alerts page. */
final class AlertsPage {

    /** The cause of an alert began before the alert. */
    private static final Duration BEFORE = Duration.ofMinutes(30);

    private static final List<String> SEVERITIES = List.of("critical", "warning");

    private AlertsPage() {}

    /** The state of the dead man's switch: the CSS class of its badge, a word, a sentence. */
    record Watchdog(String state, String word, String sentence) {}

    /** @param grafana whether a Grafana is set up, which by default is at localhost */
    record FiringRow(FiringAlert alert, String age, boolean grafana) {

        private static final Pattern HERE = Pattern.compile("https?://(localhost|127\\.|\\[::1]).*");

        /** Sorts by urgency: critical, then warning, then the rest; inhibited ones last, as another alert explains them. */
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
                    ? "/runbooks/" + name() + ".md" + ofService()
                    : "";
        }

        private String ofService() {
            String service = alert.labels().get("service");
            return service == null ? "" : "?service=" + URLEncoder.encode(service, StandardCharsets.UTF_8);
        }

        /** The dashboard that the rule names, from half an hour before the alert on; empty if the rule names none, or none that is there. */
        public String dashboard() {
            String address = alert.annotations().getOrDefault("dashboard_url", "");
            return address.matches("https?://[^\\s\"'<>]+")
                            && (grafana || !HERE.matcher(address).matches())
                    ? address + (address.contains("?") ? "&" : "?") + "from="
                            + alert.since().minus(BEFORE).toEpochMilli() + "&to=now"
                    : "";
        }

        /** The command that silences it for two hours; empty for a name that a shell could take for more than a name. */
        public String silence() {
            return name().matches("[A-Za-z0-9_]+")
                    ? "docker compose -f docker-compose.staging.yml exec alertmanager amtool --http.config.file=/run/secrets/alertmanager/client.yml"
                            + " --alertmanager.url=http://localhost:9093 silence add --duration=2h --author=me --comment=seen alertname="
                            + name()
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
