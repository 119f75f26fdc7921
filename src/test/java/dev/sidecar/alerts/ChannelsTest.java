package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.sidecar.alerts.MessagesTest.Alert;
import dev.sidecar.alerts.MessagesTest.Sample;
import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.alerts.Outside.Received;
import dev.sidecar.support.Regenerated;
import jakarta.mail.Multipart;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a real Alertmanager sends to each channel, with our configuration and templates: every service takes it ({@link ChatServices}), and it
 * is what {@code alertmanager/samples} holds, so that somebody has looked at it.
 */
@Tag("long")
class ChannelsTest {

    private static final Path SAMPLES = Path.of("alertmanager/samples");
    private static final String ZERO_WIDTH = "\u200b";

    /** @param path where it takes messages; null for mail and for what only a proxy leads to */
    private record Service(String name, String path, Function<Received, Answer> answer) {}

    private static final List<Service> SERVICES = List.of(
            new Service("Slack", "/slack", request -> Answer.ok("ok")),
            new Service("PagerDuty", "/pagerduty/v2/enqueue", request -> new Answer(202, Map.of(), "{}")),
            // An alert is closed at an address of its own, below this one.
            new Service("OpsGenie", "/opsgenie/v2/alerts", request -> new Answer(202, Map.of(), "{}")),
            new Service("Microsoft Teams", "/workflows/secret-teams", ChatServices::teams),
            new Service("Discord", "/api/webhooks/1/secret-discord", ChatServices::discord),
            new Service("Telegram", "/bot" + ChatServices.TELEGRAM_TOKEN + "/sendMessage", ChatServices::telegram),
            new Service("Mattermost", "/hooks/secretmattermost", ChatServices::mattermost),
            new Service("Google Chat", "/v1/spaces/AAA/messages", ChatServices::googleChat),
            new Service("ntfy", "/secret-topic", ChatServices::ntfy));

    private final Map<String, String> refused = new ConcurrentHashMap<>();

    @TempDir
    private Path directory;

    private Outside outside;
    private HttpsBehindProxy pushover;
    private GreenMail mail;
    private AlertmanagerServer alertmanager;

    @BeforeEach
    void start() throws IOException {
        outside = new Outside();
        SERVICES.forEach(service -> outside.answer(service.path(), judged(service.name(), service.answer())));
        pushover = new HttpsBehindProxy(directory);
        pushover.service().answer("/1/messages.json", judged("Pushover", ChatServices::pushover));
        mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        mail.start();
    }

    @AfterEach
    void stop() {
        if (alertmanager != null) {
            alertmanager.close();
        }
        mail.stop();
        pushover.close();
        outside.close();
    }

    private Function<Received, Answer> judged(String name, Function<Received, Answer> answer) {
        return request -> {
            Answer given = answer.apply(request);
            if (given.status() / 100 != 2) {
                refused.put(name, request.query() + "\n" + request.headers() + "\n" + request.body());
            }
            return given;
        };
    }

    static Stream<Sample> samples() {
        return MessagesTest.samples();
    }

    @ParameterizedTest
    @MethodSource("samples")
    void everyServiceTakesTheMessageAndItIsTheOneThatSomebodyLookedAt(Sample sample) throws Exception {
        alertmanager = AlertmanagerServer.start(
                directory,
                settings(),
                sample.alerts().size() > 1 ? 5 : 60,
                config -> config.replace(
                        "    pushover_configs: &pushover\n      - ",
                        "    pushover_configs: &pushover\n      - http_config: { proxy_url: '" + pushover.proxyUrl()
                                + "', tls_config: { insecure_skip_verify: true } }\n        "),
                sample.externalUrl());
        int messages = 1;
        // An alert that began longer ago than the group waits is told at once, without those that follow it.
        boolean together = sample.alerts().size() > 1;
        String began = together ? Instant.now().toString() : "2026-01-02T03:04:05Z";
        alertmanager.fire(
                sample.alerts().stream().map(alert -> posted(alert, began)).toList());
        await(messages);
        if (sample.alerts().stream().noneMatch(Alert::firing)) {
            messages++;
            sample.alerts().forEach(alert -> alertmanager.resolve(alert.labels(), alert.annotations()));
            await(messages);
        }
        Map<String, String> sent = sent(messages - 1);

        StringBuilder text = new StringBuilder();
        sent.forEach((channel, message) -> text.append("---- ")
                .append(channel)
                .append('\n')
                .append(message)
                .append('\n'));
        String shown = together
                ? text.toString()
                        .replaceAll("\\d{4}-\\d\\d-\\d\\d (\\d\\d:\\d\\d:\\d\\d UTC)", "2026-01-02 $1")
                        .replaceAll("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC", "2026-01-02 03:04 UTC")
                        .replaceAll("\\d\\d:\\d\\d:\\d\\d UTC", "03:04:05 UTC")
                : text.toString();
        Path file = SAMPLES.resolve(sample.name() + ".channels.txt");
        Regenerated.leave(file, shown);
        assertThat(refused).isEmpty();
        assertNothingEscapes(sample, sent);
        assertThat(shown).isEqualTo(Files.readString(file));
    }

    /** Of each medium, what it would read as something else than text. */
    private static void assertNothingEscapes(Sample sample, Map<String, String> sent) {
        sent.forEach((channel, message) -> assertThat(message)
                .as(channel)
                .doesNotContain("](javascript", "\u202e", "\u0007", "[]()", "<|", "]()")
                .doesNotContainPattern("(?m)^url_title: \\S.*\\nurl: *$"));
        for (String channel : List.of("Discord", "Mattermost")) {
            assertThat(sent.get(channel))
                    .doesNotContainPattern("@(?!" + ZERO_WIDTH + ")")
                    .doesNotContainPattern("(?<!\\\\)<")
                    .doesNotContain("](https://evil");
        }
        assertThat(sent.get("Microsoft Teams")).doesNotContain("](https://evil", "{{");
        assertThat(sent.get("Google Chat")).doesNotContain("<users/all>", "<!", "|click>");
        assertThat(sent.get("Slack")).doesNotContain("<!", "|click>");
        if (sample.name().equals("local")) {
            sent.forEach((channel, message) ->
                    assertThat(message).as(channel).doesNotContain("http://localhost:8080", "http://localhost:3001"));
            assertThat(sent.get("Telegram")).contains("amtool", "docs/runbooks/DatabaseConnectionFailed.md");
        }
        if (sample.name().equals("drill")) {
            sent.forEach((channel, message) -> assertThat(message).as(channel).contains("[DRILL]"));
            assertThat(sent.get("Pushover")).contains("priority: 0");
        }
        if (sample.name().equals("many")) {
            sent.forEach((channel, message) -> assertThat(message).as(channel).contains(" of 60 alerts"));
        }
    }

    private void await(int messages) {
        Awaitility.await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
            assertThat(refused).isEmpty();
            for (Service service : SERVICES) {
                assertThat(outside.receivedBelow(service.path()))
                        .as(service.name())
                        .hasSize(messages);
            }
            assertThat(pushover.service().received("/1/messages.json")).hasSize(messages);
            assertThat(mail.getReceivedMessages()).hasSize(messages);
        });
    }

    private Map<String, String> sent(int index) throws Exception {
        Map<String, String> sent = new LinkedHashMap<>();
        MimeMessage message = mail.getReceivedMessages()[index];
        sent.put(
                "mail",
                "Subject: " + message.getSubject() + "\n\n"
                        + ((Multipart) message.getContent())
                                .getBodyPart(0)
                                .getContent()
                                .toString()
                                .replace("\r\n", "\n"));
        for (Service service : SERVICES) {
            Received request = outside.receivedBelow(service.path()).get(index);
            sent.put(
                    service.name(),
                    service.name().equals("ntfy")
                            ? lines(ChatServices.ntfyShows(request))
                            : lines(flat("", request.json(), new ArrayList<>())));
        }
        Map<String, String> fields = ChatServices.pushoverFields(
                pushover.service().received("/1/messages.json").get(index));
        sent.put("Pushover", lines(fields));
        return sent;
    }

    private static String lines(Map<String, String> fields) {
        StringBuilder lines = new StringBuilder();
        fields.forEach(
                (name, value) -> lines.append(name).append(": ").append(value).append('\n'));
        return lines.toString();
    }

    private static String lines(List<String> fields) {
        return String.join("\n", fields) + "\n";
    }

    /** Every value with its place, so that a text is read as people will see it. */
    private static List<String> flat(String place, JsonNode json, List<String> lines) {
        if (json.isObject()) {
            json.properties()
                    .forEach(field -> flat(
                            place.isEmpty() ? field.getKey() : place + "." + field.getKey(), field.getValue(), lines));
        } else if (json.isArray()) {
            for (int i = 0; i < json.size(); i++) {
                flat(place + "[" + i + "]", json.get(i), lines);
            }
        } else {
            lines.add(place + ": " + json.asString(""));
        }
        return lines;
    }

    private static ObjectNode posted(Alert alert, String began) {
        return JsonMapper.shared()
                .valueToTree(Map.of("labels", alert.labels(), "annotations", alert.annotations(), "startsAt", began));
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        settings.put("SIDECAR_URL", outside.url(""));
        settings.put("SMTP_SMARTHOST", "127.0.0.1:" + mail.getSmtp().getPort());
        settings.put("SMTP_FROM", "alerts@example.org");
        settings.put("SMTP_REQUIRE_TLS", "false");
        settings.put("ALERT_MAIL_TO", "night@example.org");
        settings.put("SLACK_WEBHOOK_URL", outside.url("/slack"));
        settings.put("SLACK_CHANNEL", "#alerts");
        settings.put("PAGERDUTY_ROUTING_KEY", "secret-pagerduty");
        settings.put("PAGERDUTY_URL", outside.url("/pagerduty/v2/enqueue"));
        settings.put("OPSGENIE_API_KEY", "secret-opsgenie");
        settings.put("OPSGENIE_API_URL", outside.url("/opsgenie/"));
        settings.put("TEAMS_WEBHOOK_URL", outside.url("/workflows/secret-teams"));
        settings.put("DISCORD_WEBHOOK_URL", outside.url("/api/webhooks/1/secret-discord"));
        settings.put("TELEGRAM_BOT_TOKEN", ChatServices.TELEGRAM_TOKEN);
        settings.put("TELEGRAM_CHAT_ID", ChatServices.TELEGRAM_CHAT);
        settings.put("TELEGRAM_API_URL", outside.url(""));
        settings.put("MATTERMOST_WEBHOOK_URL", outside.url("/hooks/secretmattermost"));
        settings.put("GOOGLE_CHAT_WEBHOOK_URL", outside.url("/v1/spaces/AAA/messages?key=k&token=secret-google"));
        settings.put("NTFY_URL", outside.url("/secret-topic"));
        settings.put("PUSHOVER_TOKEN", ChatServices.PUSHOVER_TOKEN);
        settings.put("PUSHOVER_USER_KEY", ChatServices.PUSHOVER_USER);
        return settings;
    }
}
