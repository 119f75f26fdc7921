package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Checks the channels besides mail: a channel's secret switches it on, and its other settings do nothing without the secret. */
final class Channels implements Step {

    /** The name by which Alertmanager's template asks if a channel is on, and the file of its secret there. */
    static final Map<String, String> SECRETS = Map.ofEntries(
            Map.entry("SLACK_WEBHOOK_URL", "slack_webhook_url"),
            Map.entry("PAGERDUTY_ROUTING_KEY", "pagerduty_routing_key"),
            Map.entry("OPSGENIE_API_KEY", "opsgenie_api_key"),
            Map.entry("TEAMS_WEBHOOK_URL", "teams_webhook_url"),
            Map.entry("DISCORD_WEBHOOK_URL", "discord_webhook_url"),
            Map.entry("TELEGRAM_BOT_TOKEN", "telegram_bot_token"),
            Map.entry("MATTERMOST_WEBHOOK_URL", "mattermost_webhook_url"),
            Map.entry("GOOGLE_CHAT_WEBHOOK_URL", "google_chat_webhook_url"),
            Map.entry("NTFY_URL", "ntfy_url"),
            Map.entry("PUSHOVER_TOKEN", "pushover_token"),
            Map.entry("ALERT_WEBHOOK_URL", "webhook_url"));

    private static final Map<String, String> SETTING_NEEDS_SECRET = Map.of(
            "SLACK_CHANNEL", "slack_webhook_url",
            "PAGERDUTY_URL", "pagerduty_routing_key",
            "OPSGENIE_API_URL", "opsgenie_api_key",
            "TELEGRAM_CHAT_ID", "telegram_bot_token",
            "TELEGRAM_API_URL", "telegram_bot_token",
            "PUSHOVER_USER_KEY", "pushover_token");

    /** The secret says who sends; these say to whom. */
    private static final Map<String, String> SECRET_NEEDS_SETTING =
            Map.of("telegram_bot_token", "TELEGRAM_CHAT_ID", "pushover_token", "PUSHOVER_USER_KEY");

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
        SECRET_NEEDS_SETTING.forEach((secret, setting) -> {
            if (isGiven(secret, plan) && settings.get(setting).isEmpty()) {
                plan.found(ReportLine.wrong(
                        setting,
                        "is not set, but secrets/" + secret + " is given",
                        "set it in .env (docs/alerting.md, \"Channels\"), or remove secrets/" + secret));
            }
        });
        if (isGiven("opsgenie_api_key", plan)) {
            plan.found(ReportLine.note("OpsGenie", "its API ends on 2027-04-05; move to another channel before that"));
        }
        endpoints(plan);
        boolean anybody = settings.get("SMTP_SMARTHOST").isPresent()
                || SECRETS.values().stream().anyMatch(secret -> isGiven(secret, plan));
        if (!anybody) {
            plan.found(ReportLine.note(
                    "alerts",
                    "no channel is configured: you see alerts only in Alertmanager, Grafana and the web console"));
        }
    }

    /** For the sidecar, which asks whether they answer: of an address that is a secret only the host. */
    private void endpoints(Plan plan) {
        List<String> endpoints = new ArrayList<>();
        if (isGiven("pagerduty_routing_key", plan)) {
            endpoints.add("PagerDuty=" + settings.get("PAGERDUTY_URL", "https://events.pagerduty.com"));
        }
        if (isGiven("opsgenie_api_key", plan)) {
            endpoints.add("OpsGenie=" + settings.get("OPSGENIE_API_URL", "https://api.opsgenie.com"));
        }
        plan.content(secrets.resolve("alertmanager/webhook_url"))
                .flatMap(SecretFile::address)
                .ifPresent(url -> endpoints.add("webhook=" + url.getScheme() + "://" + url.getHost()
                        + (url.getPort() < 0 ? "" : ":" + url.getPort())));
        Path file = secrets.resolve("sidecar/settings/sidecar.probes.endpoints");
        if (endpoints.isEmpty()) {
            plan.remove(file);
        } else {
            plan.write(file, String.join(",", endpoints));
        }
    }

    private boolean isGiven(String file, Plan plan) {
        return plan.content(secrets.resolve("alertmanager").resolve(file)).isPresent();
    }
}
