package dev.sidecar.preflight;

import static dev.sidecar.preflight.SecretFile.Origin.GENERATED;
import static dev.sidecar.preflight.SecretFile.Origin.GENERATED_ONCE;
import static dev.sidecar.preflight.SecretFile.Origin.OPTIONAL;
import static dev.sidecar.preflight.SecretFile.channel;
import static dev.sidecar.preflight.SecretFile.password;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Lists all secrets of the stack and the services that get a copy of each. */
final class StackSecrets {

    private static final String HOST = "https?://[A-Za-z0-9.-]+(:\\d+)?";
    private static final String URL = HOST + "(/\\S*)?";
    private static final String TOKEN = "[!-~]{8,4096}";
    private static final String ONE_WORD = "one word of 8 characters or more: a token, without 'Bearer'";
    private static final String PASSWORD = "[!-~]([ -~]{0,510}[!-~])?";
    private static final String ONE_LINE = "one line of letters, digits and signs";

    /** Those of point-in-time recovery, which is off unless it is switched on. */
    private static final List<SecretFile> PITR = List.of(
            password(
                    "pitr_cipher_pass",
                    "key of the repository of sets and WAL",
                    GENERATED_ONCE,
                    "sidecar/pitr_cipher_pass",
                    "pitr-archive/pitr_cipher_pass"),
            password(
                    "postgres_pitr_password",
                    "PostgreSQL, role pitr",
                    GENERATED_ONCE,
                    "postgres/pitr_password",
                    "pitr-source/pitr_password"),
            password(
                    "pitr_s3_secret_key",
                    "secret key of the bucket of sets and WAL",
                    OPTIONAL,
                    "sidecar/pitr_s3_secret_key",
                    "pitr-archive/pitr_s3_secret_key"));

    static final List<SecretFile> WITHOUT_PITR = List.of(
            password("grafana_admin_password", "Grafana, user admin", GENERATED_ONCE, "grafana/admin_password"),
            password(
                    "prometheus_password",
                    "Prometheus, user admin",
                    GENERATED,
                    "prometheus/web_password",
                    "grafana/prometheus_password",
                    "sidecar/prometheus_password",
                    "relay/prometheus_password"),
            password(
                    "alertmanager_password",
                    "Alertmanager, user admin",
                    GENERATED,
                    "alertmanager/web_password",
                    "prometheus/alertmanager_password",
                    "grafana/alertmanager_password",
                    "sidecar/alertmanager_password"),
            password(
                    "blackbox_exporter_password",
                    "Prometheus to the exporter of probes",
                    GENERATED,
                    "prometheus/blackbox_exporter_password"),
            password(
                    "nginx_exporter_password",
                    "Prometheus to nginx' exporter",
                    GENERATED,
                    "prometheus/nginx_exporter_password"),
            password(
                    "node_exporter_password",
                    "Prometheus to the host's exporter",
                    GENERATED,
                    "prometheus/node_exporter_password"),
            password(
                    "postgres_exporter_password",
                    "Prometheus to PostgreSQL's exporter",
                    GENERATED,
                    "prometheus/postgres_exporter_password"),
            password("sidecar_admin_password", "web console, user admin", GENERATED, "sidecar/admin_password"),
            password(
                    "postgres_superuser_password",
                    "PostgreSQL, role postgres",
                    GENERATED_ONCE,
                    "postgres/superuser_password"),
            password(
                    "postgres_app_password",
                    "PostgreSQL, role app",
                    GENERATED_ONCE,
                    "postgres/app_password",
                    "api/db_password"),
            password(
                    "postgres_monitor_password",
                    "PostgreSQL, role monitor",
                    GENERATED_ONCE,
                    "postgres/monitor_password",
                    "postgres-exporter/password"),
            password(
                    "postgres_backup_password",
                    "PostgreSQL, role backup",
                    GENERATED_ONCE,
                    "postgres/backup_password",
                    "sidecar/db_password"),
            password(
                    "postgres_restore_password",
                    "PostgreSQL, role restore",
                    GENERATED_ONCE,
                    "postgres/restore_password",
                    "sidecar/settings/sidecar.backup.restore.password"),
            password("redis_password", "Redis", GENERATED, "redis/password", "api/redis_password"),
            password(
                    "webhook_token",
                    "Alertmanager to sidecar",
                    GENERATED,
                    "sidecar/webhook_token",
                    "alertmanager/sidecar_token"),
            password(
                    "metrics_token",
                    "Prometheus to sidecar",
                    GENERATED,
                    "sidecar/metrics_token",
                    "prometheus/metrics_token"),
            password(
                    "gateway_metrics_token",
                    "Prometheus to gateway",
                    GENERATED,
                    "gateway/metrics_token",
                    "prometheus/gateway_metrics_token"),
            password(
                    "relay_metrics_token",
                    "Prometheus to relay",
                    GENERATED,
                    "relay/metrics_token",
                    "prometheus/relay_metrics_token"),
            password(
                    "smtp_password",
                    "mail password",
                    OPTIONAL,
                    "alertmanager/smtp_password",
                    "sidecar/settings/sidecar.alerts.mail.password"),
            password(
                    "backup_s3_secret_key",
                    "secret key of the backups' bucket",
                    OPTIONAL,
                    "sidecar/settings/sidecar.backup.s3.secret-key"),
            channel(
                    "oidc_client_secret",
                    "client secret at the issuer of logins",
                    "[ -~]{8,1024}",
                    "one line of 8 characters or more: the client secret that the issuer gave",
                    "sidecar/settings/sidecar.access.oidc.client-secret"),
            new SecretFile(
                    "oidc_ca",
                    "certificates to trust at the issuer of logins",
                    OPTIONAL,
                    pem -> pem.matches("(?s)\\s*-----BEGIN CERTIFICATE-----.{100,65536}")
                            ? Optional.empty()
                            : Optional.of("must be certificates in PEM form"),
                    List.of("sidecar/oidc_ca"),
                    true),
            channel(
                    "slack_webhook_url",
                    "Slack",
                    URL,
                    "a URL such as Slack shows for an incoming webhook",
                    "alertmanager/slack_webhook_url",
                    "sidecar/settings/sidecar.alerts.slack.webhook-url"),
            channel(
                    "pagerduty_routing_key",
                    "PagerDuty",
                    "[A-Za-z0-9]{32}",
                    "the 32 letters and digits of an Events API v2 integration key",
                    "alertmanager/pagerduty_routing_key"),
            channel(
                    "opsgenie_api_key",
                    "OpsGenie",
                    "[A-Za-z0-9-]{32,64}",
                    "an API key of 32 to 64 letters, digits and dashes",
                    "alertmanager/opsgenie_api_key"),
            channel(
                    "teams_webhook_url",
                    "Microsoft Teams",
                    // Microsoft switched off the connectors of Office 365; their addresses are still in many places.
                    "(?!\\S*[.]webhook[.]office[.]com/)" + HOST + "/\\S+",
                    "the URL of a workflow (\"When a Teams webhook request is received\"), not of an Office 365 connector",
                    "alertmanager/teams_webhook_url",
                    "sidecar/settings/sidecar.alerts.teams.webhook-url"),
            channel(
                    "discord_webhook_url",
                    "Discord",
                    HOST + "(/\\S*)?/api/(v\\d+/)?webhooks/\\d+/[A-Za-z0-9_-]+",
                    "a URL such as Discord shows for a webhook, which ends with /api/webhooks/NUMBER/TOKEN",
                    "alertmanager/discord_webhook_url",
                    "sidecar/settings/sidecar.alerts.discord.webhook-url"),
            channel(
                    "telegram_bot_token",
                    "Telegram",
                    "\\d{5,16}:[A-Za-z0-9_-]{30,60}",
                    "a token as @BotFather gives it, NUMBER:LETTERS",
                    "alertmanager/telegram_bot_token",
                    "sidecar/settings/sidecar.alerts.telegram.bot-token"),
            channel(
                    "mattermost_webhook_url",
                    "Mattermost",
                    HOST + "(/\\S*)?/hooks/[a-z0-9]+",
                    "a URL such as Mattermost shows for an incoming webhook, which ends with /hooks/KEY",
                    "alertmanager/mattermost_webhook_url",
                    "sidecar/settings/sidecar.alerts.mattermost.webhook-url"),
            channel(
                    "google_chat_webhook_url",
                    "Google Chat",
                    HOST + "(/\\S*)?/v1/spaces/[^/\\s]+/messages\\?(?=\\S*\\bkey=)(?=\\S*\\btoken=)\\S+",
                    "a URL such as Google Chat shows for a webhook of a space, with key= and token=",
                    "alertmanager/google_chat_webhook_url",
                    "sidecar/settings/sidecar.alerts.google-chat.webhook-url"),
            channel(
                    "ntfy_url",
                    "ntfy",
                    HOST + "(/[A-Za-z0-9_-]+)*/[A-Za-z0-9_-]{1,64}(\\?auth=[A-Za-z0-9_-]+)?",
                    "the URL of a topic, such as https://ntfy.sh/TOPIC",
                    "alertmanager/ntfy_url",
                    "sidecar/settings/sidecar.alerts.ntfy.url"),
            channel(
                    "pushover_token",
                    "Pushover",
                    "[A-Za-z0-9]{30}",
                    "the 30 letters and digits of an application's API token",
                    "alertmanager/pushover_token",
                    "sidecar/settings/sidecar.alerts.pushover.token"),
            channel(
                    "heartbeat_url",
                    "heartbeat to the outside",
                    URL,
                    "a URL that expects a call every minute",
                    "sidecar/settings/sidecar.alerts.heartbeat-url"),
            channel(
                    "otlp_token",
                    "OTLP receiver of traces",
                    "[!-~][ -~]{0,4094}",
                    "one line: a token, or a scheme and its value, such as Basic dXNlcjp3b3Jk",
                    "gateway/otlp_token"),
            channel("remote_write_token", "far end, token", TOKEN, ONE_WORD, "prometheus/remote_write_token"),
            channel(
                    "remote_write_password",
                    "far end, password",
                    PASSWORD,
                    ONE_LINE,
                    "prometheus/remote_write_password"),
            channel("remote_query_token", "far end, token for reading", TOKEN, ONE_WORD, "sidecar/remote_query_token"),
            channel(
                    "remote_query_password",
                    "far end, password for reading",
                    PASSWORD,
                    ONE_LINE,
                    "sidecar/remote_query_password"),
            channel("alert_webhook_url", "generic webhook", URL, "a URL", "alertmanager/webhook_url"));

    static final List<SecretFile> ALL =
            Stream.concat(WITHOUT_PITR.stream(), PITR.stream()).toList();

    /** Files in the directory of given secrets that this list of secrets does not hold. */
    static final List<String> CERTIFICATE = List.of("tls.crt", "tls.key");

    private StackSecrets() {}
}
