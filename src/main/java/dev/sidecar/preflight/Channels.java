package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.Map;

/** Checks the channels besides mail: a channel's secret switches it on, and its other settings do nothing without the secret. */
final class Channels implements Step {

    private static final Map<String, String> SETTING_NEEDS_SECRET = Map.of(
            "SLACK_CHANNEL", "slack_webhook_url",
            "PAGERDUTY_URL", "pagerduty_routing_key",
            "OPSGENIE_API_URL", "opsgenie_api_key");

    private final Settings settings;
    private final Path secrets;

    Channels(Settings settings, Path secrets) {
        this.settings = settings;
        this.secrets = secrets;
    }

    @Override
    public void prepare(Plan plan) {
        SETTING_NEEDS_SECRET.forEach((setting, secret) -> {
            if (settings.get(setting).isPresent() && !isGiven(secret, plan)) {
                plan.found(ReportLine.wrong(
                        setting,
                        "is set, but its secret is missing",
                        "write it into secrets/" + secret + ", or unset " + setting));
            }
        });
        if (isGiven("opsgenie_api_key", plan)) {
            plan.found(ReportLine.note("OpsGenie", "its API ends on 2027-04-05; move to another channel before that"));
        }
        boolean anybody = settings.get("SMTP_SMARTHOST").isPresent()
                || isGiven("slack_webhook_url", plan)
                || isGiven("pagerduty_routing_key", plan)
                || isGiven("opsgenie_api_key", plan)
                || isGiven("webhook_url", plan);
        if (!anybody) {
            plan.found(ReportLine.note(
                    "alerts",
                    "no channel is configured: you see alerts only in Alertmanager, Grafana and the web console"));
        }
    }

    private boolean isGiven(String file, Plan plan) {
        return plan.content(secrets.resolve("alertmanager").resolve(file)).isPresent();
    }
}
