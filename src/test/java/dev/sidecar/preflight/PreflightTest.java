package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.settings.Identity;
import dev.sidecar.support.MutableClock;
import dev.sidecar.support.ShippedNginx;
import dev.sidecar.support.TestCertificate;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreflightTest {

    private static final String STRONG = "correct-horse-battery";
    private static final Identity IDENTITY = new Identity("staging", "host-1", "sidecar", "staging");

    @TempDir
    Path root;

    private final Map<String, String> settings = new HashMap<>();
    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private String printed = "";

    @BeforeEach
    void aCloneAsItIs() throws IOException {
        Files.createDirectories(root.resolve("given"));
        for (String file : new String[] {
            "nginx/nginx.conf",
            "redis/redis.conf",
            "prometheus/blackbox.yml",
            "loki/loki.yml",
            "alloy/config.alloy",
            "alloy/traces.alloy",
            "tempo/tempo.yml",
            "grafana/provisioning/datasources/datasources.yml"
        }) {
            inClone(file, "# as committed\n");
        }
        inClone("prometheus/rules/api.yml", "groups: []\n");
        inClone("alertmanager/templates/mail.tmpl", "");
        inClone("prometheus/prometheus.yml", """
                global: {external_labels: {stack: '${SIDECAR_STACK}'}}
                rule_files: [/etc/prometheus/rules/*.yml]
                scrape_configs:
                  - job_name: sidecar
                    authorization: {credentials_file: /run/secrets/prometheus/metrics_token}
                """);
        inClone("alertmanager/alertmanager.yml", """
                templates: [/etc/alertmanager/templates/*.tmpl]
                receivers:
                  - name: sidecar
                    webhook_configs:
                      - url: http://sidecar:8080/hooks/alerts
                        http_config: {authorization: {credentials_file: /run/secrets/alertmanager/sidecar_token}}
                # if SLACK_WEBHOOK_URL
                  - name: slack
                    slack_configs: [{api_url_file: /run/secrets/alertmanager/slack_webhook_url}]
                # end
                # if SMTP_SMARTHOST
                  - name: mail
                    email_configs: [{to: '${ALERT_MAIL_TO}', smarthost: '${SMTP_SMARTHOST}'}]
                # end
                """);
        inClone("docker-compose.staging.yml", """
                x-hardened: &hardened
                  read_only: true
                  cap_drop: [ALL]
                  security_opt: ["no-new-privileges:true"]
                  pids_limit: 100
                services:
                  redis: {<<: *hardened, image: 'redis:8', user: "999:1000", mem_limit: 1m, cpus: 1}
                """);
        settings.put("SIDECAR_STACK", "staging");
    }

    @Test
    void makesEverySecretThatWasNotGiven() throws IOException {
        assertThat(run()).as(printed).isTrue();

        assertThat(files("secrets"))
                .containsOnlyKeys(
                        "alertmanager/client.yml",
                        "alertmanager/sidecar_token",
                        "alertmanager/web.yml",
                        "alertmanager/web_password",
                        "api/db_password",
                        "api/redis_password",
                        "blackbox-exporter/web.yml",
                        "gateway/metrics_token",
                        "grafana/admin_password",
                        "grafana/alertmanager_password",
                        "grafana/disabled_plugins",
                        "grafana/prometheus_password",
                        "grafana/viewer_key.pem",
                        "nginx-exporter/web.yml",
                        "node-exporter/web.yml",
                        "postgres-exporter/password",
                        "postgres-exporter/web.yml",
                        "postgres/app_password",
                        "postgres/backup_password",
                        "postgres/monitor_password",
                        "postgres/restore_password",
                        "postgres/superuser_password",
                        "prometheus/alertmanager_password",
                        "prometheus/blackbox_exporter_password",
                        "prometheus/client.yml",
                        "prometheus/gateway_metrics_token",
                        "prometheus/metrics_token",
                        "prometheus/nginx_exporter_password",
                        "prometheus/node_exporter_password",
                        "prometheus/postgres_exporter_password",
                        "prometheus/relay_metrics_token",
                        "prometheus/web.yml",
                        "prometheus/web_password",
                        "redis-exporter/passwords.json",
                        "redis/password",
                        "redis/password.conf",
                        "relay/metrics_token",
                        "relay/prometheus_password",
                        "sidecar/admin_password",
                        "sidecar/alertmanager_password",
                        "sidecar/db_password",
                        "sidecar/grafana_viewer_token",
                        "sidecar/metrics_token",
                        "sidecar/preflight.json",
                        "sidecar/prometheus_password",
                        "sidecar/settings/sidecar.backup.restore.password",
                        "sidecar/settings/sidecar.backup.restore.user",
                        "sidecar/settings/sidecar.dashboards.grafana-url",
                        "sidecar/settings/sidecar.dashboards.public-url",
                        "sidecar/settings/sidecar.rules.expected-targets",
                        "sidecar/webhook_token");
        assertThat(secret("grafana/admin_password")).matches("[A-Za-z0-9]{32}");
        assertThat(secret("api/db_password"))
                .isEqualTo(secret("postgres/app_password"))
                .isNotEqualTo(secret("postgres/superuser_password"));
        assertThat(secret("redis/password.conf")).isEqualTo("requirepass \"" + secret("redis/password") + "\"\n");
        assertThat(secret("redis-exporter/passwords.json"))
                .isEqualTo("{\"redis://redis:6379\":\"" + secret("redis/password") + "\"}");
        assertThat(Files.getPosixFilePermissions(root.resolve("secrets/redis/password")))
                .isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
    }

    /** The role that takes backups is no superuser, so another restores: on a server of yours it is whom you name. */
    @Test
    void restoresHaveARoleOfTheirOwn() throws IOException {
        Path user = root.resolve("secrets/sidecar/settings/sidecar.backup.restore.user");
        run();
        assertThat(user).hasContent("restore");
        assertThat(secret("sidecar/settings/sidecar.backup.restore.password"))
                .isEqualTo(secret("postgres/restore_password"))
                .isNotEqualTo(secret("sidecar/db_password"));

        settings.put("POSTGRES_HOST", "db.our-team.net");
        run();
        assertThat(user).doesNotExist();
        assertThat(printed).contains("POSTGRES_RESTORE_USER is not set");

        settings.put("POSTGRES_RESTORE_USER", "dba");
        run();
        assertThat(user).hasContent("dba");
    }

    @Test
    void aSecondRunChangesNothing() throws IOException {
        run();
        Map<String, String> before = files("");
        FileTime longAgo = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
        for (String file : before.keySet()) {
            Files.setLastModifiedTime(root.resolve(file), longAgo);
        }

        assertThat(run()).isTrue();

        assertThat(printed).contains("nothing had to be changed");
        assertThat(files("")).isEqualTo(before);
        for (String file : before.keySet()) {
            assertThat(Files.getLastModifiedTime(root.resolve(file))).as(file).isEqualTo(longAgo);
        }
    }

    @Test
    void noSecretIsPrinted() throws IOException {
        given("slack_webhook_url", "https://hooks.slack.com/services/T1/B2/secretpart");
        given("redis_password", STRONG);
        run();

        Map<String, String> secrets = files("secrets");
        assertThat(secrets.remove("sidecar/settings/sidecar.backup.restore.user"))
                .as("the name of a role, which is none")
                .isEqualTo("restore");
        assertThat(secrets.values())
                .isNotEmpty()
                .allSatisfy(value -> assertThat(printed).doesNotContain(value));
        assertThat(printed).contains("Slack").doesNotContain("secretpart");
    }

    @Test
    void aGivenSecretReachesEveryServiceThatNeedsItAndNoOther() throws IOException {
        given("postgres_monitor_password", STRONG + "\n");
        run();

        assertThat(files("secrets").entrySet().stream()
                        .filter(file -> file.getValue().contains(STRONG))
                        .map(Map.Entry::getKey))
                .containsExactly("postgres-exporter/password", "postgres/monitor_password");
    }

    @Test
    void aLostVolumeGetsTheSecretOfTheOtherService() throws IOException {
        run();
        String password = secret("api/db_password");
        Files.delete(root.resolve("secrets/postgres/app_password"));
        run();

        assertThat(secret("postgres/app_password")).isEqualTo(password);
    }

    @Test
    void aPasswordThatTheServiceTakesOverOnlyOnceIsNotChangedBehindItsBack() throws IOException {
        run();
        Map<String, String> before = files("secrets");
        given("postgres_app_password", STRONG);

        assertThat(run()).isFalse();

        assertThat(printed)
                .contains("differs from the one in use")
                .contains("--entrypoint rm preflight /run/secrets/postgres/app_password /run/secrets/api/db_password");
        assertThat(files("secrets")).isEqualTo(before);

        // The message says to do this.
        Files.delete(root.resolve("secrets/postgres/app_password"));
        Files.delete(root.resolve("secrets/api/db_password"));
        assertThat(run()).isTrue();
        assertThat(secret("api/db_password")).isEqualTo(STRONG);
    }

    @Test
    void aPasswordThatIsReadAtEveryStartMayChange() throws IOException {
        run();
        given("redis_password", STRONG + "\"\\");

        assertThat(run()).isTrue();
        assertThat(secret("redis/password.conf")).isEqualTo("requirepass \"" + STRONG + "\\\"\\\\\"\n");
        assertThat(secret("api/redis_password")).isEqualTo(STRONG + "\"\\");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "admin",
                "Admin123",
                "postgres",
                "password!",
                "changeme",
                "please-change-me-now",
                "<your password>",
                "${REDIS_PASSWORD}",
                "xxxxxxxxxxxxxxxx",
                "11111111111111",
                "1234567890123",
                "short-one",
                "your-password-here",
                "two\nlines-of-secret"
            })
    void refusesWhatIsNoPassword(String value) throws IOException {
        given("redis_password", value);

        assertThat(run()).as(printed).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+secrets/redis_password").contains("Fix: put another value");
        assertThat(files("secrets")).as("nothing may be written").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "slack_webhook_url, hooks.slack.com/services/T/B/x",
        "slack_webhook_url, https://hooks.slack.com/services/XXX/YYY/ZZZ",
        "slack_webhook_url, https://hooks.example.com/services/T/B/x",
        "pagerduty_routing_key, abc",
        "opsgenie_api_key, GenieKey",
        "alert_webhook_url, ftp://host/",
        "slack_webhook_url, https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "slack_webhook_url, https://hooks.slack.com/services/T000/B000/XXXX",
        "slack_webhook_url, https://hooks.slack.com/services/YOUR/WEBHOOK/URL",
        "slack_webhook_url, https://hooks.slack.com/services/...",
        "pagerduty_routing_key, 00000000000000000000000000000000",
        "pagerduty_routing_key, 0123456789abcdef0123456789abcdef",
        "opsgenie_api_key, xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        "opsgenie_api_key, 00000000-0000-0000-0000-000000000000",
        "heartbeat_url, https://hc-ping.com/00000000-0000-0000-0000-000000000000",
        "teams_webhook_url, https://prod-1.westeurope.logic.azure.com/workflows/xxxxxxxx",
        "teams_webhook_url, https://team.webhook.office.com/webhookb2/abc/IncomingWebhook/def",
        "teams_webhook_url, prod-1.westeurope.logic.azure.com/workflows/a1",
        "discord_webhook_url, https://discord.com/api/webhooks/YOUR_ID/YOUR_TOKEN",
        "discord_webhook_url, https://discord.com/channels/1/2",
        "discord_webhook_url, https://discord.com/api/webhooks/123/abcDEF/slack",
        "telegram_bot_token, 123456:ABC",
        "telegram_bot_token, bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        "telegram_bot_token, <your bot token>",
        "mattermost_webhook_url, https://chat.our-team.net/hooks/xxxxxxxxxxxxxxxxxxxxxxxxxx",
        "mattermost_webhook_url, https://chat.our-team.net/our-team/channels/town-square",
        "google_chat_webhook_url, https://chat.googleapis.com/v1/spaces/AAAA/messages",
        "google_chat_webhook_url, https://chat.google.com/room/AAAA",
        "ntfy_url, https://ntfy.sh",
        "ntfy_url, ntfy.sh/our-alerts-8df2",
        "ntfy_url, https://ntfy.sh/<topic>",
        "pushover_token, APP_TOKEN",
        "pushover_token, azGDORePK8gMaC0QOYAMyEEuzJnyU",
        "heartbeat_url, https://hc-ping.com/your-uuid-here",
        "alert_webhook_url, https://alerts.invalid/hook",
    })
    void refusesAChannelsSecretThatCannotWork(String name, String value) throws IOException {
        given(name, value);

        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+secrets/" + name).contains("remove the file to switch this off");
    }

    /** What a pattern lets pass and a client of the web refuses would stop the stack, or the sidecar, with a trace that holds it. */
    @ParameterizedTest
    @ValueSource(strings = {"/x?t=a|b", "/x?t=a%zz", "/x?t=\"a\"", "/x?t={a}", "/x^y", "/x\\y", "/x`y"})
    void anAddressThatNoClientReadsIsRefusedAndNotPrinted(String rest) throws IOException {
        refusesAddress("https://hooks.our-team.net" + rest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://10.0.0.300",
                "https://relay.1",
                "https://relay.our-team.net:70000",
                "https://relay.our-team.net:99999999999",
                "https://relay.our-team.net:0",
                "https://-relay.net",
                "https://relay..net",
            })
    void anAddressWithoutAHostThatCouldBeIsRefusedAndNotPrinted(String origin) throws IOException {
        refusesAddress(origin + "/s3cr3t");
    }

    private void refusesAddress(String address) throws IOException {
        Map<String, String> addresses = Map.of(
                "alert_webhook_url", address,
                "slack_webhook_url", address,
                "heartbeat_url", address,
                "teams_webhook_url", address,
                "google_chat_webhook_url",
                        address.replaceFirst("(//[^/]+)", "$1/v1/spaces/AAQAxyz/messages?key=AIza9&token=k3y"));
        for (Map.Entry<String, String> channel : addresses.entrySet()) {
            given(channel.getKey(), channel.getValue());
            assertThat(run()).isFalse();
            assertThat(printed)
                    .containsPattern("WRONG\\s+secrets/" + channel.getKey() + ".* it must be ")
                    .doesNotContain(channel.getValue());
            Files.delete(root.resolve("given").resolve(channel.getKey()));
        }
    }

    /** An earlier version may have stored it. */
    @Test
    void aStoredAddressThatNoClientReadsIsNotAsked() throws IOException {
        given("alert_webhook_url", "https://hooks.our-team.net:8443/x?t=a");
        assertThat(run()).as(printed).isTrue();
        assertThat(secret("sidecar/settings/sidecar.probes.endpoints"))
                .isEqualTo("webhook=https://hooks.our-team.net:8443");
        Files.writeString(root.resolve("secrets/alertmanager/webhook_url"), "https://hooks.our-team.net/x?t=a|b");
        given("alert_webhook_url", "https://hooks.our-team.net/x?t=a|b");

        assertThat(run()).isFalse();
        assertThat(printed).doesNotContain("t=a|b");
    }

    @Test
    void aMisspeltNameIsNotPassedOver() throws IOException {
        given("smtp_pasword", STRONG);

        assertThat(run()).isFalse();
        assertThat(printed)
                .contains("secrets/smtp_pasword")
                .contains("known names are")
                .contains("smtp_password");
    }

    @Test
    void anEmptySecretIsNotPassedOver() throws IOException {
        given("smtp_password", "\n");

        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+secrets/smtp_password\\s+is empty");
    }

    @Test
    void anEmptyFileSwitchesAChannelOff() throws IOException {
        given("discord_webhook_url", "\n");

        assertThat(run()).isTrue();
        assertThat(printed).containsPattern("OFF\\s+Discord\\s+secrets/discord_webhook_url is empty");
    }

    @ParameterizedTest
    @CsvSource({
        "teams_webhook_url, https://prod-12.westeurope.logic.azure.com:443/workflows/a1b2c3/triggers/manual/paths/invoke?api-version=2016-06-01&sig=Zx9, teams_webhook_url, teams.webhook-url",
        "discord_webhook_url, https://discord.com/api/webhooks/123456789012345678/abcDEF_-9, discord_webhook_url, discord.webhook-url",
        "mattermost_webhook_url, https://chat.our-team.net/hooks/9xk3mbdr6pfhfjk4y5r7q8w1zc, mattermost_webhook_url, mattermost.webhook-url",
        "google_chat_webhook_url, https://chat.googleapis.com/v1/spaces/AAQAxyz/messages?key=AIza9&token=k3y, google_chat_webhook_url, google-chat.webhook-url",
        "ntfy_url, https://ntfy.sh/our-alerts-8df2, ntfy_url, ntfy.url",
        "ntfy_url, https://ntfy.our-team.net/alerts?auth=QmVhcmVyIHRrXzE, ntfy_url, ntfy.url",
    })
    void aChannelsSecretReachesAlertmanagerAndTheSidecar(String name, String value, String file, String setting)
            throws IOException {
        given(name, value);

        assertThat(run()).as(printed).isTrue();
        assertThat(secret("alertmanager/" + file)).isEqualTo(value);
        assertThat(secret("sidecar/settings/sidecar.alerts." + setting)).isEqualTo(value);
        assertThat(printed).doesNotContain(value).doesNotContain("no channel is configured");
    }

    /** With the configuration as it is in the clone. */
    @Test
    void everyChannelAtOnceIsReady() throws IOException {
        inClone("alertmanager/alertmanager.yml", Files.readString(Path.of("alertmanager/alertmanager.yml")));
        given("smtp_password", STRONG);
        given("slack_webhook_url", "https://hooks.slack.com/services/T0/B0/abc");
        given("pagerduty_routing_key", "0123456789abcdef9876543210fedcba");
        given("opsgenie_api_key", "1f2e3d4c-5b6a-7988-9a0b-c1d2e3f4a5b6");
        given("teams_webhook_url", "https://prod-12.westeurope.logic.azure.com/workflows/a1b2c3");
        given("discord_webhook_url", "https://discord.com/api/webhooks/123456789012345678/abcDEF_-9");
        given("telegram_bot_token", "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw");
        given("mattermost_webhook_url", "https://chat.our-team.net/hooks/9xk3mbdr6pfhfjk4y5r7q8w1zc");
        given("google_chat_webhook_url", "https://chat.googleapis.com/v1/spaces/AAQAxyz/messages?key=AIza9&token=k3y");
        given("ntfy_url", "https://ntfy.sh/our-alerts-8df2");
        given("pushover_token", "azGDORePK8gMaC0QOYAMyEEuzJnyUi");
        given("alert_webhook_url", "https://hooks.our-team.net/alerts");
        settings.putAll(Map.of(
                "SMTP_SMARTHOST", "mail.our-team.net:587",
                "SMTP_FROM", "alerts@our-team.net",
                "SMTP_USERNAME", "alerts",
                "ALERT_MAIL_TO", "ops@our-team.net",
                "TELEGRAM_CHAT_ID", "-1001234567890",
                "PUSHOVER_USER_KEY", "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"));

        assertThat(run()).as(printed).isTrue();
        assertThat(config("alertmanager/alertmanager.yml"))
                .contains("chat_id: -1001234567890", "webhook_configs:")
                .doesNotContainPattern("(?m)^[^#\n]*(\\$\\{|# if )");
    }

    @ParameterizedTest
    @CsvSource({
        "telegram_bot_token, 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw, TELEGRAM_CHAT_ID, -1001234567890, @our_group",
        "pushover_token, azGDORePK8gMaC0QOYAMyEEuzJnyUi, PUSHOVER_USER_KEY, uQiRzpo4DXghDmr9QzzfQu27cmVRsG, me@our-team.net",
    })
    void whoSendsAndWhoIsToldAreGivenTogether(String secret, String value, String setting, String right, String wrong)
            throws IOException {
        given(secret, value);
        assertThat(run()).isFalse();
        assertThat(printed)
                .containsPattern("WRONG\\s+" + setting + "\\s+is not set, but secrets/" + secret + " is given");

        settings.put(setting, wrong);
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+" + setting + "\\s+is '");

        settings.put(setting, right);
        assertThat(run()).as(printed).isTrue();
        Files.delete(root.resolve("given/" + secret));
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+" + setting + "\\s+is set, but its secret is missing");
    }

    @Test
    void theKeyOfTheBucketReachesTheSidecarAlone() throws IOException {
        given("backup_s3_secret_key", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzq9");
        assertThat(run()).isTrue();
        assertThat(secret("sidecar/settings/sidecar.backup.s3.secret-key"))
                .isEqualTo("wJalrXUtnFEMI/K7MDENG+bPxRfiCYzq9");
        assertThat(printed).doesNotContain("wJalrXUtnFEMI");

        Files.delete(root.resolve("given/backup_s3_secret_key"));
        run();
        assertThat(root.resolve("secrets/sidecar/settings/sidecar.backup.s3.secret-key"))
                .doesNotExist();
    }

    @Test
    void onlyReceiversThatAreConfiguredAreRendered() throws IOException {
        run();
        assertThat(config("alertmanager/alertmanager.yml"))
                .contains("name: sidecar")
                .doesNotContain("slack", "mail:");
        assertThat(printed).containsPattern("OFF\\s+Slack\\s+no secrets/slack_webhook_url");

        given("slack_webhook_url", "https://hooks.slack.com/services/T0/B0/abc");
        assertThat(run()).isTrue();
        assertThat(config("alertmanager/alertmanager.yml"))
                .contains("name: slack")
                .doesNotContain("hooks.slack.com");
        assertThat(secret("alertmanager/slack_webhook_url")).isEqualTo("https://hooks.slack.com/services/T0/B0/abc");

        Files.delete(root.resolve("given/slack_webhook_url"));
        run();
        assertThat(config("alertmanager/alertmanager.yml")).doesNotContain("name: slack");
        assertThat(root.resolve("secrets/alertmanager/slack_webhook_url")).doesNotExist();
    }

    @Test
    void mailIsAllThereOrOff() throws IOException {
        settings.put("SMTP_SMARTHOST", "mail.our-team.net:587");
        settings.put("SMTP_USERNAME", "alerts");
        settings.put("ALERT_MAIL_TO", "ops@example.com");
        assertThat(run()).isFalse();
        assertThat(printed)
                .containsPattern("WRONG\\s+SMTP_FROM\\s+is not set")
                .containsPattern("WRONG\\s+SMTP_USERNAME\\s+is set, but there is no password")
                .containsPattern("WRONG\\s+ALERT_MAIL_TO\\s+'ops@example.com' is a placeholder");

        settings.put("SMTP_FROM", "alerts@our-team.net");
        settings.put("ALERT_MAIL_TO", "ops@our-team.net, boss@our-team.net");
        given("smtp_password", STRONG);
        assertThat(run()).as(printed).isTrue();
        assertThat(config("alertmanager/alertmanager.yml")).contains("to: 'ops@our-team.net, boss@our-team.net'");

        settings.remove("SMTP_SMARTHOST");
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+SMTP_FROM\\s+is set, but mail is off");
    }

    @Test
    void moreTargetsBecomeAFileThatPrometheusReads() throws IOException {
        settings.put("EXTRA_TARGETS", "worker=host.docker.internal:9400/actuator/prometheus, queue=rabbit:15692");
        assertThat(run()).as(printed).isTrue();
        assertThat(config("prometheus/targets/extra.json"))
                .contains("\"host.docker.internal:9400\"", "\"service\" : \"worker\"", "\"/actuator/prometheus\"")
                .contains("\"rabbit:15692\"", "\"service\" : \"queue\"", "\"/metrics\"", "\"stack\" : \"staging\"");

        settings.put("EXTRA_TARGETS", "worker:9400");
        assertThat(run()).isFalse();
        assertThat(printed).contains("'worker:9400' is not understood").contains("service=host:port");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    EXTRA_TARGETS            | worker=a:1/m;queue=b:2/m         | is not understood
                    EXTRA_TARGETS            | worker=a:99999                   | is not understood
                    EXTRA_TARGETS            | worker=a:0                       | is not understood
                    EXTRA_TARGETS            | worker=a:1,worker=b:1            | has 'worker' twice
                    EXTRA_TARGETS            | postgres=b:9187                  | is a service of the stack itself
                    EXTRA_TARGETS            | worker=a:1/metrics?token=x       | is not understood
                    EXPECTED_TARGETS         | api,wroker                       | nothing is scraped by the name 'wroker'
                    EDGE_PROBE_PATH          | health                           | a path that begins with /
                    API_METRICS_PATH         | metrics                          | a path that begins with /
                    API_METRICS_TARGET       | http://api:8081                  | host:port
                    API_METRICS_TARGET       | api:80810                        | host:port
                    REDIS_PORT               | abc                              | a port, 1 to 65535
                    POSTGRES_PORT            | 65536                            | a port, 1 to 65535
                    EDGE_PORT                | 0                                | a port, 1 to 65535
                    GRAFANA_PORT             | 8080                             | is 8080, as is CONTROL_PORT
                    UPSTREAM_URL             | host.docker.internal:3000        | http://host:port
                    UPSTREAM_URL             | https://api:3000                 | http://host:port
                    UPSTREAM_URL             | http://api:3000/v1               | http://host:port
                    UPSTREAM_URL             | http:/api:3000                   | http://host:port
                    UPSTREAM_URL             | http://api:70000                 | http://host:port
                    OIDC_ISSUER              | http://login.our-team.net        | begins with https://
                    OIDC_ISSUER              | https://login.our-team.net/?a=b  | begins with https://
                    OIDC_CLAIM               | my groups                        | the name of a claim
                    GRAFANA_URL              | localhost:3001                   | a URL that begins with
                    GRAFANA_URL              | https://grafana.our-team.net:0/x | a URL that begins with
                    GRAFANA_URL              | https://10.0.0.300/              | a URL that begins with
                    PAGERDUTY_URL            | https://pages.our-team.net/{a}   | a URL that begins with
                    UPSTREAM_URL             | http://api.1:3000                | http://host:port
                    STAGING_REDIS            | 0                                | names the stack's own Redis
                    STAGING_REDIS            | no                               | 0 or 1
                    STAGING_POSTGRES         | 0                                | names the stack's own PostgreSQL
                    SAMPLE_API               | 0                                | names the stack's own API
                    REDIS_HOST               | redis:6379                       | a host's name
                    POSTGRES_HOST            | postgres://db                    | a host's name
                    POSTGRES_SSLMODE         | required                         | disable, require, verify-ca
                    POSTGRES_SSLMODE         | prefer                           | disable, require, verify-ca
                    BACKUP_RPO               | a day                            | a duration
                    DUMPS_FOLDER             | dumps                            | a folder that begins
                    DUMPS_PATTERN            | app-{a                           | a pattern of files
                    WATCHING_MEMORY_BUDGET   | 800 MB                           | a size
                    BIND_ADDRESS             | localhost:8080                   | an address
                    CONTROL_HOSTS            | https://a b                      | separated by commas
                    SLACK_CHANNEL            | #alerts, #night                  | one channel
                    PROOFS_WITHOUT           | SEC-3                            | proofs with a reason
                    PROOFS_WITHOUT           | SEC-3=; LOG-1=none               | proofs with a reason
                    SIDECAR_HOST             | our host                         | a name of letters
                    API_SERVICES             | api, worker                      | separated by
                    POSTGRES_DATABASE        | your_database                    | is a placeholder
                    POSTGRES_MONITOR_DATABASE | your_database                   | is a placeholder
                    POSTGRES_MONITOR_DATABASE | app?sslmode=disable             | the name of a database without
                    """)
    void aSettingThatCannotWorkIsToldByItsName(String name, String value, String told) throws IOException {
        StringWriter out = new StringWriter();
        asComposePassesThem();
        settings.put(name, value);

        assertThat(run()).as(printed).isFalse();
        assertThat(printed)
                .containsPattern(
                        "WRONG +(" + name + "|POSTGRES_HOST|REDIS_HOST|UPSTREAM_URL) .*" + Pattern.quote(told));
    }

    @Test
    void everySettingOfTheStackIsLookedAt() throws IOException {
        asComposePassesThem();
        settings.putAll(Map.of(
                "SMTP_SMARTHOST", "mail.our-team.net:587",
                "SMTP_FROM", "alerts@our-team.net",
                "SMTP_USERNAME", "alerts",
                "ALERT_MAIL_TO", "ops@our-team.net"));
        given("smtp_password", STRONG);
        assertThat(run()).as(printed).isTrue();
        Set<String> all = settingsOfTheStack();

        all.forEach(name -> settings.put(name, "<fill in>"));

        assertThat(run()).isFalse();
        assertThat(all).allSatisfy(name -> assertThat(printed).containsPattern("WRONG +" + name + " "));
    }

    @Test
    void aLoginAtAnIssuerIsAllThereOrOff() throws IOException {
        asComposePassesThem();
        assertThat(run()).as(printed).isTrue();
        assertThat(printed).containsPattern("OFF +login at an issuer +OIDC_ISSUER is not set");

        settings.put("OIDC_ISSUER", "https://login.our-team.net/realms/team");
        assertThat(run()).isFalse();
        assertThat(printed)
                .containsPattern("WRONG +OIDC_CLIENT_ID +is not set")
                .containsPattern("WRONG +OIDC_ISSUER +is set, but there is no client secret")
                .containsPattern("WRONG +OIDC_ISSUER +is set, but no group has a role");

        settings.put("OIDC_CLIENT_ID", "sidecar");
        settings.put("OIDC_OPERATORS", "on-call, admins");
        given("oidc_client_secret", "R5v9-of-the-issuer");
        given("oidc_ca", TestCertificate.expired(root).certificate());
        assertThat(run()).as(printed).isTrue();
        assertThat(printed)
                .contains("https://login.our-team.net/realms/team; viewers: nobody; operators: on-call, admins")
                .doesNotContain("R5v9");
        assertThat(secret("sidecar/settings/sidecar.access.oidc.client-secret")).isEqualTo("R5v9-of-the-issuer");
        assertThat(secret("sidecar/settings/sidecar.access.oidc.ca-file")).isEqualTo("/run/secrets/sidecar/oidc_ca");
        assertThat(secret("sidecar/oidc_ca")).startsWith("-----BEGIN CERTIFICATE-----");

        settings.remove("OIDC_ISSUER");
        assertThat(run()).isFalse();
        assertThat(printed)
                .containsPattern("WRONG +secrets/oidc_client_secret +is there, but the login at an issuer is off")
                .containsPattern("WRONG +secrets/oidc_ca ");
        given("oidc_ca", "no certificate");
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG +secrets/oidc_ca .*PEM");
    }

    @Test
    void whatOtherMachinesCouldReachIsTold() throws IOException {
        settings.put("BIND_ADDRESS", "0.0.0.0");

        assertThat(run()).as(printed).isTrue();

        assertThat(printed).containsPattern("NOTE +BIND_ADDRESS +is 0.0.0.0: other machines reach the console");
        for (String own : new String[] {"127.0.0.1", "::1", "127.1.2.3"}) {
            settings.put("BIND_ADDRESS", own);
            run();
            assertThat(printed).doesNotContain("BIND_ADDRESS");
        }
    }

    /** Its defaults, without what Docker reads before anything starts. */
    private void asComposePassesThem() throws IOException {
        Pattern setting = Pattern.compile("\\$\\{([A-Z_]+):?-([^}]*)}");
        Matcher found = setting.matcher(Files.readString(Path.of("docker-compose.staging.yml")));
        while (found.find()) {
            settings.put(found.group(1), found.group(2));
        }
        settings.put("LOKI_ADDRESS", settings.remove("LOKI_URL"));
    }

    private static Set<String> settingsOfTheStack() throws IOException {
        Set<String> ofDocker = Set.of(
                "BUILD_IMAGE",
                "JRE_IMAGE",
                "POSTGRES_EXTENSIONS",
                "SECRETS_DIR",
                "SIDECAR_VERSION",
                "DOCKER_CONTAINERS",
                "COMPOSE_PROJECT_NAME");
        String compose = Files.readString(Path.of("docker-compose.staging.yml"));
        Set<String> names = Pattern.compile("\\$\\{([A-Z_]+)")
                .matcher(compose)
                .results()
                .map(name -> name.group(1).equals("LOKI_URL") ? "LOKI_ADDRESS" : name.group(1))
                .filter(name -> !ofDocker.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
        String passed = compose.substring(compose.indexOf("  preflight:\n", compose.indexOf("\nservices:")));
        passed = passed.substring(passed.indexOf("    environment:"), passed.indexOf("\n    volumes:"));
        for (String name : names) {
            assertThat(passed).as("what preflight gets").contains(" " + name + ": ${");
        }
        return names;
    }

    @Test
    void otherLimitsAtTheEdgeBecomeFilesThatNginxReads(@TempDir Path nginx) throws IOException {
        assertThat(run()).as(printed).isTrue();
        assertThat(root.resolve("secrets/nginx/limits.conf")).doesNotExist();
        assertThat(printed)
                .containsPattern("ON\\s+limits at the edge\\s+for each address 300 requests a second and 200 at once");

        settings.put("EDGE_REQUESTS_PER_SECOND", "20");
        settings.put("EDGE_CONNECTIONS_PER_CLIENT", "0");
        settings.put("EDGE_TRUSTED_PROXIES", "10.1.2.0/24, 2001:db8::7");
        assertThat(run()).as(printed).isTrue();
        assertThat(printed).contains("for each address 20 requests a second and any number at once");
        Map<String, String> files = Map.of(
                "limits.conf", secret("nginx/limits.conf"),
                "limits.zones", secret("nginx/limits.zones"));
        assertThat(files.get("limits.zones"))
                .contains("rate=20r/s;", "set_real_ip_from 10.1.2.0/24;\n", "set_real_ip_from 2001:db8::7;\n");
        assertThat(files.get("limits.conf")).contains("burst=40 nodelay;", "nobodys_connections");
        new ShippedNginx(nginx, 9, files).close();

        settings.put("EDGE_REQUESTS_PER_SECOND", "many");
        assertThat(run()).isFalse();
        assertThat(printed).contains("EDGE_REQUESTS_PER_SECOND", "is 'many'", "write a number between 0 (no limit)");
    }

    @Test
    void opensEveryFileThatAConfigurationRefersTo() throws IOException {
        inClone("alertmanager/alertmanager.yml", """
                templates: [/etc/alertmanager/templates/*.tmpl, /etc/alertmanager/other/*.tmpl]
                receivers:
                  - name: page
                    pagerduty_configs: [{routing_key_file: /run/secrets/alertmanager/pagerduty_routing_key}]
                  - name: nosy
                    webhook_configs: [{url_file: /run/secrets/redis/password}]
                """);
        assertThat(run()).isFalse();

        assertThat(printed)
                .contains("routing_key_file names /run/secrets/alertmanager/pagerduty_routing_key")
                .contains("templates names /etc/alertmanager/other/*.tmpl")
                .contains("url_file names /run/secrets/redis/password")
                .doesNotContain("/etc/alertmanager/templates/*.tmpl,");
    }

    @Test
    void oneSwitchLeavesOutLogsAndDashboardsEverywhere() throws IOException {
        inClone("prometheus/prometheus.yml", """
                scrape_configs:
                  # if PART_LOKI
                  - job_name: loki
                  # end
                  # if PART_REDIS
                  - job_name: redis
                  # end
                """);
        settings.put("LOKI_ADDRESS", "http://loki:3100");
        settings.put("API_METRICS_TARGET", "api:8081");
        settings.put("PROOFS_WITHOUT", "SEC-3=TLS ends elsewhere");
        assertThat(run()).as(printed).isTrue();
        assertThat(secret("sidecar/settings/LOKI_URL")).isEqualTo("http://loki:3100");
        assertThat(secret("sidecar/settings/sidecar.rules.expected-targets")).endsWith(",loki,alloy,grafana");
        assertThat(secret("sidecar/settings/sidecar.proofs.without")).isEqualTo("SEC-3=TLS ends elsewhere");
        assertThat(Files.readString(root.resolve("config/prometheus/prometheus.yml")))
                .contains("job_name: loki", "job_name: redis");

        settings.put("LOGS_AND_DASHBOARDS", "0");
        assertThat(run()).as(printed).isTrue();

        assertThat(printed).containsPattern("OFF\\s+logs and dashboards");
        assertThat(files("secrets"))
                .doesNotContainKeys(
                        "sidecar/settings/LOKI_URL",
                        "sidecar/settings/sidecar.dashboards.grafana-url",
                        "sidecar/settings/sidecar.dashboards.public-url");
        assertThat(secret("sidecar/settings/sidecar.rules.expected-targets"))
                .isEqualTo("sidecar,gateway,api,postgres,redis,node,nginx,blackbox,prometheus,alertmanager");
        assertThat(secret("sidecar/settings/sidecar.proofs.without"))
                .startsWith("SEC-3=TLS ends elsewhere; LOG-1, LOG-2,")
                .endsWith("=this stack runs without logs and dashboards (LOGS_AND_DASHBOARDS=0)");
        assertThat(Files.readString(root.resolve("config/prometheus/prometheus.yml")))
                .contains("job_name: redis")
                .doesNotContain("job_name: loki");

        settings.put("LOGS_AND_DASHBOARDS", "no");
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+LOGS_AND_DASHBOARDS");
    }

    /** Templates as they are in the clone: what a switch adds must be gone without it. */
    @Test
    void oneSwitchKeepsTracesAndWithoutItNothingSpeaksOfThem() throws IOException {
        for (String file :
                new String[] {"prometheus/prometheus.yml", "grafana/provisioning/datasources/datasources.yml"}) {
            inClone(file, Files.readString(Path.of(file)));
        }
        settings.put("SIDECAR_HOST", "host-1");
        assertThat(run()).as(printed).isTrue();
        assertThat(printed).containsPattern("OFF\\s+traces");
        assertThat(secret("grafana/disabled_plugins")).endsWith(",zipkin,tempo");
        assertThat(Files.readString(root.resolve("config/prometheus/prometheus.yml")))
                .doesNotContain("tempo", "trace-collector");
        assertThat(Files.readString(root.resolve("config/grafana/datasources.yml")))
                .contains("uid: loki", "$${__value.raw}")
                .doesNotContain("uid: tempo", "datasourceUid: tempo");
        assertThat(files("secrets").keySet()).noneMatch(name -> name.contains("trac"));

        settings.put("TRACING", "1");
        assertThat(run()).as(printed).isTrue();
        assertThat(printed).containsPattern("ON\\s+traces.*Tempo, for 72h");
        assertThat(secret("gateway/settings/sidecar.gateway.tracing.endpoint"))
                .isEqualTo("http://trace-collector:4318");
        assertThat(secret("gateway/settings/sidecar.gateway.tracing.trusted-peers"))
                .isEqualTo("sidecar");
        assertThat(secret("api/settings/management.opentelemetry.tracing.export.otlp.endpoint"))
                .isEqualTo("http://trace-collector:4318/v1/traces");
        assertThat(secret("api/settings/management.opentelemetry.tracing.sampler"))
                .isEqualTo("parent-based-trace-id-ratio");
        assertThat(secret("sidecar/settings/sidecar.traces.tempo-url")).isEqualTo("http://tempo:3200");
        assertThat(secret("sidecar/settings/sidecar.rules.expected-targets"))
                .endsWith(",grafana,tempo,trace-collector");
        assertThat(secret("grafana/disabled_plugins")).endsWith(",zipkin");
        assertThat(Files.readString(root.resolve("config/prometheus/prometheus.yml")))
                .contains("job_name: tempo", "job_name: trace-collector");
        assertThat(Files.readString(root.resolve("config/grafana/datasources.yml")))
                .contains("uid: tempo", "datasourceUid: tempo", "`$${__trace.traceId}`", "{$$__tags}");

        settings.put("TRACING", "0");
        assertThat(run()).as(printed).isTrue();
        assertThat(files("secrets").keySet()).noneMatch(name -> name.contains("trac"));
    }

    @Test
    void oneSwitchLetsOtherHostsPushAndWithoutItTheEdgeHasNoSuchPath() throws Exception {
        inClone("prometheus/prometheus.yml", Files.readString(Path.of("prometheus/prometheus.yml")));
        settings.put("SIDECAR_HOST", "host-1");
        settings.put("LOKI_ADDRESS", "http://loki:3100");
        assertThat(run()).as(printed).isTrue();
        assertThat(printed).containsPattern("OFF\\s+other hosts");
        assertThat(files("secrets").keySet())
                .noneMatch(name -> name.contains("satellites") || name.contains("sidecar.hosts"));
        assertThat(Files.readString(root.resolve("config/prometheus/prometheus.yml")))
                .doesNotContain("out_of_order_time_window", "job_name: relay");

        settings.put("SATELLITES", "1");
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+SATELLITES.*the edge has no TLS");

        settings.put("EDGE_TRUSTED_PROXIES", "10.1.2.3");
        assertThat(run()).as(printed).isTrue();
        assertThat(printed).containsPattern("ON\\s+other hosts");
        assertThat(secret("nginx/satellites.conf")).contains("location ^~ /satellites/", "access_log off;");
        assertThat(secret("nginx/satellites.zones")).contains("limit_req_zone");
        assertThat(secret("relay/settings/sidecar.relay.loki-url")).isEqualTo("http://loki:3100");
        assertThat(secret("sidecar/settings/sidecar.hosts.enabled")).isEqualTo("true");
        assertThat(secret("sidecar/settings/sidecar.rules.expected-targets")).endsWith(",grafana,relay");
        assertThat(Files.readString(root.resolve("config/prometheus/prometheus.yml")))
                .contains("out_of_order_time_window: 2h", "job_name: relay");

        settings.put("SATELLITES", "0");
        assertThat(run()).as(printed).isTrue();
        assertThat(files("secrets").keySet())
                .noneMatch(name -> name.contains("satellites") || name.contains("sidecar.hosts"));
    }

    @Test
    void spansMayGoElsewhereWithATokenInAFile() throws IOException {
        settings.put("TRACES_ENDPOINT", "https://otlp.our-team.net/otlp");
        given("otlp_token", "Basic dXNlcjp3b3Jk");
        assertThat(run()).as(printed).isTrue();
        assertThat(secret("gateway/settings/sidecar.gateway.tracing.endpoint"))
                .isEqualTo("https://otlp.our-team.net/otlp");
        assertThat(secret("gateway/settings/sidecar.gateway.tracing.token")).isEqualTo("Basic dXNlcjp3b3Jk");
        assertThat(printed).doesNotContain("dXNlcjp3b3Jk");
        assertThat(files("secrets")).doesNotContainKey("sidecar/settings/sidecar.traces.tempo-url");

        settings.put("TRACING", "1");
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+TRACES_ENDPOINT.*choose one of them");
    }

    @Test
    void aStoreElsewhereIsWrittenToWithATokenInAFile() throws IOException {
        inClone("prometheus/prometheus.yml", Files.readString(Path.of("prometheus/prometheus.yml")));
        Files.createDirectories(root.resolve("stack/prometheus/targets"));
        inClone("prometheus/targets/blackbox.json", "[]");
        inClone("prometheus/targets/extra.json", "[]");
        settings.put("SIDECAR_HOST", "h1");
        settings.put("REMOTE_WRITE_URL", "https://metrics.our-team.net/api/v1/push");
        settings.put("REMOTE_WRITE_TENANT", "it's-us");
        given("remote_write_token", "glc_secret-part-of-it");
        assertThat(run()).as(printed).isTrue();
        assertThat(config("prometheus/prometheus.yml"))
                .contains(
                        "    url: 'https://metrics.our-team.net/api/v1/push'\n",
                        "    headers: {'X-Scope-OrgID': 'it''s-us'}\n",
                        "    authorization: {credentials_file: '/run/secrets/prometheus/remote_write_token'}\n")
                .doesNotContain("basic_auth: {username: 'me'", "glc_");
        assertThat(secret("prometheus/remote_write_token")).isEqualTo("glc_secret-part-of-it");
        assertThat(files("secrets"))
                .as("nobody reads back, so nobody needs it")
                .doesNotContainKeys("sidecar/settings/sidecar.far-end.url", "sidecar/settings/sidecar.far-end.token");
        assertThat(printed)
                .containsPattern("ON +far end +every sample is written to metrics.our-team.net/api/v1/push as well")
                .containsPattern("NOTE +REMOTE_WRITE_QUERY_URL .*MET-7 is not set up")
                .doesNotContain("glc_secret");

        settings.put("REMOTE_WRITE_QUERY_URL", "https://metrics.our-team.net/prometheus");
        assertThat(run()).as(printed).isTrue();
        assertThat(secret("sidecar/settings/sidecar.far-end.url")).isEqualTo("https://metrics.our-team.net/prometheus");
        assertThat(secret("sidecar/settings/sidecar.far-end.tenant")).isEqualTo("it's-us");
        assertThat(secret("sidecar/settings/sidecar.far-end.token")).isEqualTo("glc_secret-part-of-it");

        given("remote_query_token", "glc_may-only-read");
        assertThat(run()).as(printed).isTrue();
        assertThat(files("secrets/sidecar")).doesNotContainValue("glc_secret-part-of-it");
        assertThat(secret("sidecar/settings/sidecar.far-end.token")).isEqualTo("glc_may-only-read");

        settings.remove("REMOTE_WRITE_URL");
        settings.remove("REMOTE_WRITE_QUERY_URL");
        settings.remove("REMOTE_WRITE_TENANT");
        Files.delete(root.resolve("given/remote_write_token"));
        Files.delete(root.resolve("given/remote_query_token"));
        assertThat(run()).as(printed).isTrue();
        assertThat(files("secrets").keySet()).noneMatch(name -> name.contains("remote_") || name.contains("far-end"));
        assertThat(config("prometheus/prometheus.yml")).doesNotContain("remote_write:");
    }

    @Test
    void aStoreElsewhereMayAskForAUserAndAPassword() throws IOException {
        inClone("prometheus/prometheus.yml", Files.readString(Path.of("prometheus/prometheus.yml")));
        inClone("prometheus/targets/blackbox.json", "[]");
        inClone("prometheus/targets/extra.json", "[]");
        settings.put("SIDECAR_HOST", "h1");
        settings.put("REMOTE_WRITE_URL", "http://metrics.our-team.net:8428/api/v1/write");
        settings.put("REMOTE_WRITE_QUERY_URL", "http://metrics.our-team.net:8428");
        settings.put("REMOTE_WRITE_USERNAME", "123456");
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG +REMOTE_WRITE_USERNAME .*its password is missing");

        given("remote_write_password", "a password of theirs");
        assertThat(run()).as(printed).isTrue();
        assertThat(config("prometheus/prometheus.yml"))
                .contains("    basic_auth: {username: '123456', password_file:"
                        + " '/run/secrets/prometheus/remote_write_password'}\n")
                .doesNotContain("remote_write_token");
        assertThat(secret("sidecar/settings/sidecar.far-end.username")).isEqualTo("123456");
        assertThat(secret("sidecar/settings/sidecar.far-end.password")).isEqualTo("a password of theirs");
        assertThat(printed).containsPattern("NOTE +REMOTE_WRITE_URL .*can be read on their way");

        given("remote_write_token", "token-of-theirs");
        assertThat(run()).isFalse();
        assertThat(printed)
                .containsPattern("WRONG +secrets/remote_write_token .*choose one of them")
                .doesNotContain("token-of-theirs", "a password of theirs");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "REMOTE_WRITE_URL | metrics.our-team.net/api/v1/write | without user, password and query",
                "REMOTE_WRITE_URL | https://me:secret-part@metrics.our-team.net/api/v1/write | without user, password and query",
                "REMOTE_WRITE_URL | https://metrics.our-team.net/api/v1/write?token=secret-part | without user, password and query",
                "REMOTE_WRITE_URL | https://metrics.our-team.net:99999/api/v1/write | without user, password and query",
                "REMOTE_WRITE_URL | https://metrics.our-team.net/x' | without user, password and query",
                "REMOTE_WRITE_URL | http://prometheus:9090/api/v1/write | the stack itself",
                "REMOTE_WRITE_URL | http://localhost:8428/api/v1/write | the container that asks",
                "REMOTE_WRITE_URL | http://127.0.0.1:8428/api/v1/write | the container that asks",
                "REMOTE_WRITE_QUERY_URL | https://metrics.our-team.net/api/v1/query | without /api/v1",
                "REMOTE_WRITE_QUERY_URL | https://metrics.our-team.net/api/v1 | without /api/v1",
                "REMOTE_WRITE_TENANT | two words | the name of a tenant",
                "REMOTE_WRITE_TENANT_HEADER | Authorization | X-Scope-OrgID",
                "REMOTE_WRITE_TENANT_HEADER | X-Prometheus-Remote-Write-Version | X-Scope-OrgID",
                "REMOTE_WRITE_TENANT_HEADER | Content-Length | X-Scope-OrgID",
                "REMOTE_WRITE_USERNAME | me:secret-part | without spaces and colons",
            })
    void refusesAStoreElsewhereThatCannotWork(String setting, String value, String told) throws IOException {
        settings.put("REMOTE_WRITE_URL", "https://metrics.our-team.net/api/v1/write");
        settings.put("REMOTE_WRITE_TENANT", "our-team");
        settings.put(setting, value);

        assertThat(run()).as(printed).isFalse();
        assertThat(printed)
                .containsPattern("WRONG +" + setting + " ")
                .contains(told)
                .doesNotContain("secret-part");
        assertThat(files("secrets")).as("nothing may be written").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "REMOTE_WRITE_QUERY_URL=https://metrics.our-team.net",
                "REMOTE_WRITE_USERNAME=me",
                "REMOTE_WRITE_TENANT=our-team",
                "REMOTE_WRITE_TENANT_HEADER=THANOS-TENANT"
            })
    void whatBelongsToAStoreElsewhereNeedsItsAddress(String setting) throws IOException {
        String[] parts = setting.split("=");
        settings.put(parts[0], parts[1]);

        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG +" + parts[0] + " +is set, but REMOTE_WRITE_URL is not");
    }

    @ParameterizedTest
    @CsvSource({
        "remote_write_token, 'Bearer abcdefghijk'",
        "remote_write_token, short",
        "remote_write_token, <your token>",
        "remote_write_password, 'two\nlines'",
        "remote_query_token, changeme-please",
        "remote_write_token, good-token-without-an-address"
    })
    void refusesASecretOfAStoreElsewhereThatCannotWork(String name, String value) throws IOException {
        given(name, value.replace("\\n", "\n"));

        assertThat(run()).as(printed).isFalse();
        assertThat(printed).containsPattern("WRONG +secrets/" + name).doesNotContain("abcdefghijk", "good-token");
    }

    @Test
    void tracesNeedWhatShowsThem() throws IOException {
        settings.put("TRACING", "1");
        settings.put("LOGS_AND_DASHBOARDS", "0");

        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+TRACING.*LOGS_AND_DASHBOARDS=0");
    }

    @Test
    void aSettingThatATemplateNeedsIsAskedForByName() throws IOException {
        settings.remove("SIDECAR_STACK");

        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+prometheus/prometheus.yml.*SIDECAR_STACK");
    }

    @Test
    void noticesTheDirectoryThatDockerMakesInThePlaceOfAMissingFile() throws IOException {
        Files.delete(root.resolve("stack/redis/redis.conf"));
        Files.createDirectory(root.resolve("stack/redis/redis.conf"));

        assertThat(run()).isFalse();
        assertThat(printed).contains("redis/redis.conf  ").contains("git checkout -- redis/redis.conf");
    }

    @Test
    void noticesAFileThatTheServicesCannotRead() throws IOException {
        Files.setPosixFilePermissions(
                root.resolve("stack/prometheus/rules/api.yml"), PosixFilePermissions.fromString("rw-------"));

        assertThat(run()).isFalse();
        assertThat(printed).contains("prometheus/rules/api.yml cannot be read").contains("chmod -R a+rX");
    }

    @Test
    void backupsAreEncryptedWhenAskedForWithAKeyThatIsNeverReplaced() throws IOException {
        settings.put("BACKUP_ENCRYPTION", "on");
        assertThat(run()).as(printed).isTrue();
        String identity = secret("sidecar/backup_identity");
        assertThat(identity).matches("AGE-SECRET-KEY-1[A-Z0-9]{58}");
        assertThat(secret("sidecar/settings/sidecar.backup.encryption.recipients"))
                .matches("age1[a-z0-9]{58}");

        settings.put("BACKUP_ENCRYPTION", "off");
        run();
        assertThat(root.resolve("secrets/sidecar/settings/sidecar.backup.encryption.recipients"))
                .doesNotExist();
        assertThat(secret("sidecar/backup_identity"))
                .as("older backups need it")
                .isEqualTo(identity);

        settings.put("BACKUP_ENCRYPTION", "yes");
        assertThat(run()).isFalse();
        settings.put("BACKUP_ENCRYPTION", "on");
        Files.delete(root.resolve("secrets/sidecar/backup_recipient"));
        assertThat(run()).isFalse();
        assertThat(printed).contains("a private key without its public key");
        assertThat(secret("sidecar/backup_identity")).isEqualTo(identity);
    }

    @Test
    void tellsHowTightlyEachServiceIsHeldAndPointsOutTheLooseOnes() throws IOException {
        run();
        assertThat(printed).containsPattern("ON\\s+isolation\\s+1 services; user 0: none");
        assertThat(secret("sidecar/preflight.json"))
                .contains(
                        "\"service\" : \"redis\"",
                        "\"readOnly\" : true",
                        "\"capabilities\" : [ ]",
                        "\"weaknesses\" : [ ]");

        inClone("docker-compose.staging.yml", """
                services:
                  watcher: {image: 'cadvisor', privileged: true, volumes: ["/var/run/docker.sock:/var/run/docker.sock"]}
                """);
        run();
        assertThat(printed)
                .containsPattern(
                        "NOTE\\s+isolation of watcher\\s+root with capabilities; capabilities defaults; writable root")
                .contains("image without a fixed tag; privileged, in a namespace of the host, or with docker.sock");
    }

    @Test
    void tlsIsOnWhenACertificateAndItsKeyAreGiven() throws Exception {
        TestCertificate certificate = TestCertificate.make(root, "EC", clock.instant(), Duration.ofDays(90));
        given("tls.crt", certificate.certificate());
        given("tls.key", certificate.key());

        assertThat(run()).as(printed).isTrue();
        assertThat(printed).containsPattern("ON\\s+TLS at the edge\\s+valid until 2027-02-");
        assertThat(secret("nginx/tls.conf")).contains("listen 8443 ssl;");
        assertThat(config("prometheus/targets/blackbox-edge.json")).contains("\"nginx:8443\"");

        Files.delete(root.resolve("given/tls.key"));
        Files.createDirectory(root.resolve("given/tls.key"));
        assertThat(run()).isFalse();
        assertThat(printed)
                .as("a file that cannot be read is there")
                .containsPattern("WRONG\\s+secrets/tls.key\\s+cannot be read")
                .doesNotContain("is missing");
        Files.delete(root.resolve("given/tls.key"));
        given("tls.key", certificate.key());

        Files.delete(root.resolve("given/tls.crt"));
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+secrets/tls.crt\\s+is missing");

        Files.delete(root.resolve("given/tls.key"));
        assertThat(run()).isTrue();
        assertThat(root.resolve("secrets/nginx/tls.conf")).doesNotExist();
        assertThat(root.resolve("secrets/nginx/tls.key")).doesNotExist();
    }

    @Test
    void aKeyThatBelongsToAnotherCertificateIsRefused() throws Exception {
        for (String algorithm : new String[] {"EC", "RSA"}) {
            given(
                    "tls.crt",
                    TestCertificate.make(root, "RSA", clock.instant(), Duration.ofDays(90))
                            .certificate());
            given(
                    "tls.key",
                    TestCertificate.make(root, algorithm, clock.instant(), Duration.ofDays(90))
                            .key());

            assertThat(run()).isFalse();
            assertThat(printed).contains("is not the key of the certificate in tls.crt");
        }
        given("tls.key", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n");
        assertThat(run()).isFalse();
        assertThat(printed).contains("holds no private key");
        given("tls.crt", "nonsense");
        assertThat(run()).isFalse();
        assertThat(printed).contains("holds no certificate");
    }

    @Test
    void aCertificateOutOfDateIsRefusedAndOneThatEndsSoonIsPointedOut() throws Exception {
        TestCertificate certificate = TestCertificate.make(root, "RSA", clock.instant(), Duration.ofDays(30));
        given("tls.crt", certificate.certificate());
        given("tls.key", certificate.key());

        clock.tick(Duration.ofDays(10));
        assertThat(run()).isTrue();
        assertThat(printed).containsPattern("NOTE\\s+TLS at the edge\\s+the certificate expires on");
        clock.tick(Duration.ofDays(21));
        assertThat(run()).isFalse();
        assertThat(printed).containsPattern("WRONG\\s+secrets/tls.crt\\s+is valid from");
    }

    private boolean run() throws IOException {
        StringWriter out = new StringWriter();
        PreflightProperties directories = new PreflightProperties(
                root.resolve("given"), root.resolve("secrets"), root.resolve("config"), root.resolve("stack"));
        boolean ready = new Preflight(
                        PreflightConfiguration.steps(directories, IDENTITY, new Settings(settings::get), clock))
                .run(new PrintWriter(out, true));
        printed = out.toString();
        return ready;
    }

    private void given(String name, String content) throws IOException {
        Files.writeString(root.resolve("given").resolve(name), content);
    }

    private void inClone(String name, String content) throws IOException {
        Path file = root.resolve("stack").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private String secret(String name) throws IOException {
        return Files.readString(root.resolve("secrets").resolve(name));
    }

    private String config(String name) throws IOException {
        return Files.readString(root.resolve("config").resolve(name));
    }

    private Map<String, String> files(String under) throws IOException {
        Path directory = root.resolve(under);
        Map<String, String> files = new TreeMap<>();
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    files.put(directory.relativize(file).toString(), Files.readString(file));
                }
            }
        }
        return files;
    }
}
