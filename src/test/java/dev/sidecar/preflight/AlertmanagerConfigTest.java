package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles;
import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** amtool judges every combination of receivers that the preflight can render, and routes every alert of the catalogue. */
class AlertmanagerConfigTest {

    private static final List<Map<String, String>> INTEGRATIONS = List.of(
            Map.of(
                    "SMTP_SMARTHOST",
                    "mail.example.org:587",
                    "SMTP_FROM",
                    "it's me <a@example.org>",
                    "ALERT_MAIL_TO",
                    "b@example.org"),
            Map.of("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/secret-slack"),
            Map.of("PAGERDUTY_ROUTING_KEY", "secret-pagerduty"),
            Map.of("OPSGENIE_API_KEY", "secret-opsgenie"),
            Map.of("ALERT_WEBHOOK_URL", "https://example.org/secret-hook"),
            Map.of("TEAMS_WEBHOOK_URL", "https://example.org/secret-teams"),
            Map.of("DISCORD_WEBHOOK_URL", "https://discord.com/api/webhooks/1/secret-discord"),
            Map.of("TELEGRAM_BOT_TOKEN", "secret-telegram", "TELEGRAM_CHAT_ID", "-1001234567890"),
            Map.of("MATTERMOST_WEBHOOK_URL", "https://example.org/hooks/secret-mattermost"),
            Map.of("GOOGLE_CHAT_WEBHOOK_URL", "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=secret-t"),
            Map.of("NTFY_URL", "https://ntfy.sh/secret-topic"),
            Map.of("PUSHOVER_TOKEN", "secret-pushover", "PUSHOVER_USER_KEY", "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"));

    @TempDir
    static Path shared;

    private static Path everything;

    @BeforeAll
    static void renderEverything() throws IOException {
        everything = RenderedConfig.alertmanager(shared, settings((1 << INTEGRATIONS.size()) - 1));
    }

    /** None, each alone, each left out, all, and every combination of the first five. */
    static IntStream combinations() {
        int all = (1 << INTEGRATIONS.size()) - 1;
        return IntStream.concat(
                        IntStream.range(0, 1 << 5),
                        IntStream.range(0, INTEGRATIONS.size())
                                .flatMap(i -> IntStream.of(1 << i, all & ~(1 << i), all)))
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void amtoolAcceptsEveryCombinationOfReceivers(int combination, @TempDir Path directory) throws IOException {
        Path config = RenderedConfig.alertmanager(directory, settings(combination));

        Programs.Result result = Programs.run(
                directory, "amtool", List.of("check-config", "--enable-feature=utf8-strict-mode", config.toString()));

        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(Files.readString(config)).doesNotContain("secret-").doesNotContainPattern("(?m)^[^#\n]*\\$\\{");
    }

    @Test
    void onlyWhatIsConfiguredAppears(@TempDir Path directory) throws IOException {
        String config = Files.readString(RenderedConfig.alertmanager(directory, settings(0)));

        assertThat(config)
                .doesNotContain(
                        "email_configs",
                        "slack_configs",
                        "pagerduty_configs",
                        "opsgenie_configs",
                        "msteamsv2_configs",
                        "discord_configs",
                        "telegram_configs",
                        "mattermost_configs",
                        "pushover_configs",
                        "url_file",
                        "smtp_");
        assertThat(config).contains("/hooks/alerts/webhook");
    }

    /** Values of a secret would stand in the file that amtool shows and that Alertmanager serves under /api/v2/status. */
    @Test
    void secretsAreNamedByFileOnly() throws IOException {
        assertThat(Files.readString(Path.of("alertmanager/alertmanager.yml")))
                .doesNotContainPattern(
                        "(?m)^\\s*(smtp_auth_password|api_url|api_key|routing_key|service_key|credentials|bearer_token|webhook_url|bot_token|token):.*\\$\\{(?!OPSGENIE_API_URL|TELEGRAM_API_URL)")
                .doesNotContain("service_key");
    }

    /** The receivers of each kind of alert; {@code default} is for alerts that nobody foresaw. */
    @ParameterizedTest
    @MethodSource("alerts")
    void everyAlertOfTheCatalogueFindsItsReceiver(Alert alert) {
        String expected = switch (alert.name()) {
            case "Watchdog" -> "watchdog";
            case "NotificationsFailing" -> "operational-critical";
            default ->
                alert.category().equals("performance")
                        ? (alert.severity().equals("critical") ? "performance-critical" : "performance")
                        : alert.category() + "-" + alert.severity();
        };
        List<String> labels = new ArrayList<>(List.of("alertname=" + alert.name(), "stack=s", "host=h", "service=x"));
        alert.labels().forEach((name, value) -> {
            if (!value.contains("{{")) {
                labels.add(name + "=" + value);
            }
        });

        assertThat(route(labels)).isEqualTo(expected);
    }

    static Stream<Alert> alerts() {
        return RuleFiles.alerts().stream();
    }

    @ParameterizedTest
    @CsvSource({
        "email, without-mail",
        "slack, without-slack",
        "msteamsv2, without-teams",
        "discord, without-discord",
        "telegram, without-telegram",
        "mattermost, without-mattermost",
        "pushover, without-pushover",
        "pagerduty, without-pagers",
        "opsgenie, without-pagers",
        "webhook, without-webhooks"
    })
    void theFailureOfAnIntegrationIsToldByTheOthers(String integration, String receiver) {
        assertThat(route(List.of(
                        "alertname=NotificationsFailing",
                        "category=operational",
                        "severity=critical",
                        "integration=" + integration)))
                .isEqualTo(receiver);
        String failing = integration.equals("email") ? "email_configs" : integration + "_configs";
        assertThat(receiver(receiver)).doesNotContainKey(failing).hasSizeGreaterThan(2);
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void nothingFallsThrough(List<String> labels, String receiver) {
        assertThat(route(labels)).isEqualTo(receiver);
    }

    static Stream<Arguments> strangers() {
        return Stream.of(
                Arguments.of(List.of("alertname=OfTheTeam"), "default"),
                Arguments.of(List.of("alertname=OfTheTeam", "severity=page"), "default"),
                Arguments.of(List.of("alertname=OfTheTeam", "category=operational"), "default"),
                Arguments.of(List.of("alertname=OfTheTeam", "category=security", "severity=info"), "default"),
                Arguments.of(
                        List.of("alertname=Drill", "drill=true", "category=security", "severity=critical"),
                        "security-critical"),
                Arguments.of(
                        List.of(
                                "alertname=ServiceDown",
                                "drill=inhibition",
                                "category=operational",
                                "severity=critical"),
                        "drill"));
    }

    @ParameterizedTest
    @CsvSource({
        "security-critical, 5m",
        "security-warning, 10m",
        "operational-critical, 5m",
        "operational-warning, 10m",
        "performance, 15m",
        "watchdog, 1m"
    })
    void routesGroupAsLongAsPromised(String receiver, String interval) {
        assertThat(routes()).anySatisfy(route -> {
            assertThat(route.get("receiver")).isEqualTo(receiver);
            assertThat(route.get("group_interval")).isEqualTo(interval);
        });
    }

    /** Every channel tells people of critical alerts; only the sidecar hears the Watchdog. */
    @Test
    void receiversHoldWhatTheyShould() {
        List<String> pagers = List.of("pagerduty_configs", "opsgenie_configs");
        List<String> all = Stream.concat(
                        pagers.stream(),
                        Stream.of(
                                "name",
                                "email_configs",
                                "slack_configs",
                                "msteamsv2_configs",
                                "discord_configs",
                                "telegram_configs",
                                "mattermost_configs",
                                "pushover_configs",
                                "webhook_configs"))
                .toList();
        for (String name : List.of("default", "security-critical", "operational-critical", "performance-critical")) {
            assertThat(receiver(name).keySet()).containsExactlyInAnyOrderElementsOf(all);
            assertThat(files(receiver(name))).contains("webhook_url", "google_chat_webhook_url", "ntfy_url");
        }
        for (String name : List.of("security-warning", "operational-warning", "performance")) {
            assertThat(receiver(name).keySet())
                    .containsExactlyInAnyOrderElementsOf(
                            all.stream().filter(key -> !pagers.contains(key)).toList());
            assertThat(files(receiver(name))).contains("webhook_url", "google_chat_webhook_url", "ntfy_url");
        }
        assertThat(receiver("watchdog")).containsOnlyKeys("name", "webhook_configs");
    }

    /** A label that both sides lack counts as equal; so each side has to demand what is compared. */
    @Test
    void inhibitionsCannotMuteEverything() {
        for (Map<String, Object> rule : maps(yaml().get("inhibit_rules"))) {
            assertThat(rule).containsKeys("name", "equal");
            List<?> equal = (List<?>) rule.get("equal");
            for (Object label :
                    equal.subList(0, rule.get("name").equals("critical-mutes-its-warning") ? 3 : equal.size())) {
                for (String side : List.of("source_matchers", "target_matchers")) {
                    assertThat((List<?>) rule.get(side))
                            .as("%s %s", rule.get("name"), side)
                            .anyMatch(matcher -> matcher.equals(label + " =~ \".+\""));
                }
            }
        }
    }

    private static String route(List<String> labels) {
        List<String> arguments = new ArrayList<>(List.of("config", "routes", "test", "--config.file=" + everything));
        arguments.addAll(labels);
        Programs.Result result = Programs.run(shared, "amtool", arguments);
        assertThat(result.exitCode()).as(result.output()).isZero();
        // The last line is the answer; before it amtool warns when a configuration of its own lies on the machine.
        return result.output().lines().reduce((first, second) -> second).orElse("");
    }

    private static Map<String, String> settings(int combination) {
        Map<String, String> settings = new HashMap<>();
        for (int i = 0; i < INTEGRATIONS.size(); i++) {
            if ((combination & 1 << i) != 0) {
                settings.putAll(INTEGRATIONS.get(i));
            }
        }
        return settings;
    }

    private static Map<String, Object> receiver(String name) {
        return maps(yaml().get("receivers")).stream()
                .filter(receiver -> name.equals(receiver.get("name")))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> files(Map<String, Object> receiver) {
        return maps(receiver.get("webhook_configs")).stream()
                .filter(hook -> hook.containsKey("url_file"))
                .map(hook -> Path.of(String.valueOf(hook.get("url_file")))
                        .getFileName()
                        .toString())
                .toList();
    }

    private static List<Map<String, Object>> routes() {
        return maps(((Map<?, ?>) yaml().get("route")).get("routes"));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> yaml() {
        try {
            LoaderOptions options = new LoaderOptions();
            options.setMaxAliasesForCollections(1_000);
            return (Map<String, Object>) new Yaml(options).load(Files.readString(everything));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> maps(Object list) {
        return (List<Map<String, Object>>) list;
    }
}
