package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.alerts.Outside.Received;
import dev.sidecar.notices.SmtpDouble;
import jakarta.mail.Multipart;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Every receiver end to end: a real Alertmanager with our configuration and templates, a real mail server, and servers that refuse
 * whatever breaks the protocol of Slack, PagerDuty or OpsGenie, so that a malformed message counts as not delivered.
 */
@Tag("long")
class DeliveryTest {

    private static final Map<String, String> TEXTS = Map.of(
            "summary", "postgres on h1 does not answer",
            "description", "The exporter has not been able to connect for a minute.",
            "runbook_url", "https://sidecar.example.org/runbooks/DatabaseConnectionFailed.md",
            "dashboard_url", "https://grafana.example.org/d/postgres");

    private static final String FAILED = "alertmanager_notifications_failed_total";
    private static final String REQUESTS_FAILED = "alertmanager_notification_requests_failed_total";

    /** @param usual what it answers when nothing is wrong with it */
    private record Endpoint(String path, Function<Received, Answer> usual) {}

    private static final Map<String, Endpoint> CHANNELS = Map.of(
            "slack", new Endpoint("/slack/secret-slack", DeliveryTest::slack),
            "pagerduty", new Endpoint("/pagerduty/v2/enqueue", DeliveryTest::pagerduty),
            "opsgenie", new Endpoint("/opsgenie/v2/alerts", DeliveryTest::opsgenie),
            "webhook", new Endpoint("/team/secret-hook", request -> Answer.ok("ok")));

    private static Outside outside;
    private static GreenMail mail;
    private static Relay mailAddress;
    private static AlertmanagerServer alertmanager;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        outside = new Outside();
        mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        mail.start();
        mail.setUser("alerts@example.org", "alerts", "secret-mail");
        mailAddress = new Relay(mail.getSmtp().getPort());
        alertmanager = AlertmanagerServer.start(directory, settings(), 30);
    }

    @BeforeEach
    void nothingIsWrongWithAnybody() {
        CHANNELS.values().forEach(channel -> outside.answer(channel.path(), channel.usual()));
    }

    @AfterAll
    static void stop() {
        alertmanager.close();
        mailAddress.close();
        mail.stop();
        outside.close();
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        settings.put("SIDECAR_URL", outside.url(""));
        settings.put("SIDECAR_TOKEN", "secret-token");
        settings.put("SMTP_SMARTHOST", "127.0.0.1:" + mailAddress.port());
        settings.put("SMTP_FROM", "alerts@example.org");
        settings.put("SMTP_USERNAME", "alerts");
        settings.put("SMTP_PASSWORD", "secret-mail");
        settings.put("SMTP_REQUIRE_TLS", "false");
        settings.put("ALERT_MAIL_TO", "night@example.org");
        settings.put("SLACK_WEBHOOK_URL", outside.url("/slack/secret-slack"));
        settings.put("SLACK_CHANNEL", "#alerts");
        settings.put("PAGERDUTY_ROUTING_KEY", "secret-pagerduty");
        settings.put("PAGERDUTY_URL", outside.url("/pagerduty/v2/enqueue"));
        settings.put("OPSGENIE_API_KEY", "secret-opsgenie");
        settings.put("OPSGENIE_API_URL", outside.url("/opsgenie/"));
        settings.put("ALERT_WEBHOOK_URL", outside.url("/team/secret-hook"));
        return settings;
    }

    @Test
    void theMailSaysWhatSinceWhenAndWhatToDo() throws Exception {
        alertmanager.fire(labels("DatabaseConnectionFailed", "mail"), TEXTS);

        MimeMessage message = await(() -> mails("mail").findFirst());

        assertThat(message.getSubject())
                .isEqualTo(
                        "[FIRING:1] critical DatabaseConnectionFailed mail on staging/h1: postgres on h1 does not answer");
        assertThat(message.getAllRecipients()[0]).hasToString("night@example.org");
        assertThat(part(message, 0)).isEqualTo("""
                FIRING    postgres on h1 does not answer
                What      The exporter has not been able to connect for a minute.
                Where     mail on h1, staging
                Since     2026-01-02 03:04:05 UTC
                Alert     DatabaseConnectionFailed, critical, operational
                Runbook   https://sidecar.example.org/runbooks/DatabaseConnectionFailed.md
                Dashboard https://grafana.example.org/d/postgres
                Silence   https://alertmanager.example.org/#/silences/new?filter=%7Balertname%3D%22DatabaseConnectionFailed%22%2Ccategory%3D%22operational%22%2Chost%3D%22h1%22%2Cservice%3D%22mail%22%2Cseverity%3D%22critical%22%2Cstack%3D%22staging%22%7D

                To silence all of this: https://alertmanager.example.org/#/silences/new?filter=%7Bhost%3D%22h1%22%2Cservice%3D%22mail%22%2Cstack%3D%22staging%22%7D
                """);
        assertThat(part(message, 1))
                .contains(">postgres on h1 does not answer</h3>", "href=\"" + TEXTS.get("runbook_url") + "\"")
                .doesNotContain("no value");
        awaitAccepted("email", "mail");
    }

    @Test
    void oneIncidentIsOneMailAndItsEndIsToldToo() throws Exception {
        alertmanager.fire(labels("ServiceDown", "group"), TEXTS);
        alertmanager.fire(labels("ServiceRestarting", "group"), Map.of("summary", "it comes and goes"));

        MimeMessage message = await(() -> mails("group")
                .filter(each -> subject(each).startsWith("[FIRING:2]"))
                .findFirst());
        assertThat(message.getSubject())
                .isEqualTo("[FIRING:2] critical ServiceDown, ServiceRestarting group on staging/h1");

        alertmanager.resolve(labels("ServiceDown", "group"), TEXTS);
        // After that one: on a slow machine the second alert may have had a mail before the first joined it.
        MimeMessage half = await(() -> mails("group")
                .dropWhile(each -> !subject(each).startsWith("[FIRING:2]"))
                .filter(each -> subject(each)
                        .equals("[FIRING:1] critical ServiceRestarting group on staging/h1: it comes and goes"))
                .findFirst());
        assertThat(part(half, 0)).contains("RESOLVED  postgres on h1", "FIRING    it comes and goes");

        alertmanager.resolve(labels("ServiceRestarting", "group"), Map.of("summary", "it comes and goes"));
        MimeMessage end = await(() -> mails("group")
                .filter(each -> subject(each).startsWith("[RESOLVED]"))
                .findFirst());
        assertThat(part(end, 0)).contains("RESOLVED  it comes and goes").doesNotContain("FIRING", "silence");
    }

    @Test
    void aDrillIsMarkedEverywhere() throws Exception {
        Map<String, String> labels = labels("Drill", "drill-operational-critical");
        labels.put("drill", "true");
        alertmanager.fire(labels, TEXTS);

        MimeMessage message = await(() -> mails("drill-operational-critical").findFirst());
        assertThat(message.getSubject()).startsWith("[DRILL] [FIRING:1] critical");
        assertThat(part(message, 0)).startsWith("This is a drill. Nothing is wrong");
        assertThat(awaitReceived("/slack/secret-slack", "drill-operational-critical")
                        .path("attachments")
                        .path(0)
                        .path("title")
                        .asString())
                .startsWith("[DRILL]");
    }

    @Test
    void slackGetsTitleTextAndColour() {
        alertmanager.fire(labels("DatabaseConnectionFailed", "slack"), TEXTS);

        JsonNode message = awaitReceived("/slack/secret-slack", "slack");

        JsonNode attachment = message.path("attachments").path(0);
        assertThat(message.path("channel").asString()).isEqualTo("#alerts");
        assertThat(attachment.path("title").asString())
                .isEqualTo(
                        "[FIRING:1] critical DatabaseConnectionFailed slack on staging/h1: postgres on h1 does not answer");
        assertThat(attachment.path("color").asString()).isEqualTo("danger");
        assertThat(attachment.path("text").asString())
                .contains(
                        "<https://sidecar.example.org/runbooks/DatabaseConnectionFailed.md|Runbook>",
                        "since 2026-01-02 03:04:05 UTC");
        awaitAccepted("slack", "slack");
    }

    @Test
    void pagerDutyIsTriggeredAndResolvedByTheSameKey() {
        Map<String, String> labels = labels("DatabaseConnectionFailed", "pager");
        alertmanager.fire(labels, TEXTS);
        JsonNode trigger = awaitReceived("/pagerduty/v2/enqueue", "pager");
        assertThat(trigger.path("event_action").asString()).isEqualTo("trigger");
        assertThat(trigger.path("payload").path("severity").asString()).isEqualTo("critical");
        assertThat(trigger.path("payload").path("component").asString()).isEqualTo("pager");
        assertThat(trigger.path("links").path(0).path("href").asString()).isEqualTo(TEXTS.get("runbook_url"));

        alertmanager.resolve(labels, TEXTS);
        JsonNode resolve = awaitReceived(
                "/pagerduty/v2/enqueue",
                json -> json.path("event_action").asString().equals("resolve")
                        && json.path("dedup_key")
                                .asString()
                                .equals(trigger.path("dedup_key").asString()));
        assertThat(resolve.path("routing_key").asString()).isEqualTo("secret-pagerduty");
        awaitAccepted("pagerduty", "pager");
    }

    @Test
    void opsGenieGetsAnAlert() {
        alertmanager.fire(labels("DatabaseConnectionFailed", "genie"), TEXTS);

        JsonNode alert = awaitReceived("/opsgenie/v2/alerts", "genie");

        assertThat(alert.path("priority").asString()).isEqualTo("P1");
        assertThat(alert.path("source").asString()).isEqualTo("staging/h1");
        awaitAccepted("opsgenie", "genie");
    }

    @Test
    void theWebhooksGetTheWholeGroup() {
        alertmanager.fire(labels("DatabaseConnectionFailed", "hook"), TEXTS);

        JsonNode team = awaitReceived("/team/secret-hook", "hook");
        assertThat(team.path("version").asString()).isEqualTo("4");
        assertThat(team.path("receiver").asString()).isEqualTo("operational-critical");
        Received sidecar = await(() -> received("/hooks/alerts/webhook", json -> mentions(json, "hook"))
                .findFirst());
        assertThat(sidecar.headers()).containsEntry("authorization", "Bearer secret-token");
        awaitAccepted("webhook", "hook");
    }

    /** Too many requests, or a broken server, of everybody but the mail server: all arrives in the end, once, and the mail does not wait. */
    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void whatIsRefusedForAMomentArrivesOnce(int status) {
        String service = "refused-" + status;
        Map<String, String> labels = labels("DatabaseConnectionFailed", service);
        Map<String, List<Received>> accepted = new ConcurrentHashMap<>();
        CHANNELS.forEach((integration, endpoint) -> {
            AtomicInteger refused = new AtomicInteger();
            accepted.put(integration, new CopyOnWriteArrayList<>());
            outside.answer(endpoint.path(), request -> {
                boolean ours = mentions(request.json(), service);
                if (ours && refused.getAndIncrement() < 2) {
                    return new Answer(status, Map.of("Retry-After", "1"), "not now");
                }
                if (ours) {
                    accepted.get(integration).add(request);
                }
                return endpoint.usual().apply(request);
            });
        });
        Map<String, Double> before = new HashMap<>();
        CHANNELS.keySet().forEach(integration -> before.put(integration, requestsFailed(integration)));

        alertmanager.fire(labels, TEXTS);
        await(() -> mails(service).findFirst());
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> accepted.values().stream().noneMatch(List::isEmpty));
        for (String integration : CHANNELS.keySet()) {
            awaitAccepted(integration, service);
            assertThat(requestsFailed(integration)).as(integration).isGreaterThanOrEqualTo(before.get(integration) + 2);
        }

        // Its end is told a round later: a second message of its beginning would have come before.
        alertmanager.resolve(labels, TEXTS);
        await(() -> mails(service)
                .filter(each -> subject(each).startsWith("[RESOLVED]"))
                .findFirst());
        assertThat(accepted)
                .allSatisfy((integration, requests) -> assertThat(requests.stream()
                                .map(Received::body)
                                .filter(body -> body.contains("[FIRING:") || body.contains("\"status\":\"firing\"")))
                        .as(integration)
                        .hasSize(1));
        assertThat(mails(service)).hasSize(2);
    }

    private static double requestsFailed(String integration) {
        return alertmanager.counted(REQUESTS_FAILED, "integration=\"" + integration + "\"");
    }

    /** Slower than Alertmanager waits: counted with its reason, told to the others at once, and told again in the next round. */
    @Test
    void whoAnswersTooLateIsToldAgain() {
        AtomicInteger requests = new AtomicInteger();
        CountDownLatch answer = new CountDownLatch(1);
        outside.answer("/slack/secret-slack", request -> {
            if (mentions(request.json(), "late") && requests.getAndIncrement() == 0) {
                awaitUninterrupted(answer);
            }
            return slack(request);
        });
        double before = alertmanager.counted(FAILED, "integration=\"slack\"", "reason=\"contextDeadlineExceeded\"");

        alertmanager.fire(labels("DatabaseConnectionFailed", "late"), TEXTS);
        await(() -> mails("late").findFirst());
        awaitAccepted("pagerduty", "late");
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> alertmanager.counted(FAILED, "integration=\"slack\"", "reason=\"contextDeadlineExceeded\"")
                        == before + 1);
        answer.countDown();

        awaitAccepted("slack", "late");
        assertThat(requests).hasValue(2);
        assertThat(mails("late")).hasSize(1);
    }

    /** What will not get better by asking again is not asked again within a round; the others are told, and so is the reason. */
    @Test
    void whatIsRefusedForGoodIsCountedWithItsReasonAndTheOthersAreTold() {
        outside.answer(
                "/pagerduty/v2/enqueue",
                request -> mentions(request.json(), "for-good")
                        ? new Answer(400, Map.of(), "{\"status\":\"invalid event\"}")
                        : pagerduty(request));
        double before = alertmanager.counted(FAILED, "integration=\"pagerduty\"", "reason=\"clientError\"");

        alertmanager.fire(labels("DatabaseConnectionFailed", "for-good"), TEXTS);

        await(() -> mails("for-good").findFirst());
        awaitAccepted("slack", "for-good");
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() ->
                        alertmanager.counted(FAILED, "integration=\"pagerduty\"", "reason=\"clientError\"") > before);
        assertThat(received("/pagerduty/v2/enqueue", json -> mentions(json, "for-good")))
                .hasSize(1);
    }

    static Stream<Arguments> troublesOfAMailServer() {
        return Stream.of(
                Arguments.of("mail-greeting", Map.of("GREETING", "421 too busy")),
                Arguments.of("mail-greylisted", Map.of("RCPT", "450 try again later")),
                Arguments.of("mail-cut", Map.of("DATA", "CUT")),
                Arguments.of("mail-refused", Map.of(".", "451 local error")));
    }

    @ParameterizedTest
    @MethodSource("troublesOfAMailServer")
    void aMailServerInTroubleIsAskedAgainAndTheMailComesOnce(String service, Map<String, String> replies)
            throws IOException {
        double before = requestsFailed("email");
        try (SmtpDouble troubled = new SmtpDouble(replies)) {
            mailAddress.leadTo(troubled.port());
            alertmanager.fire(labels("DatabaseConnectionFailed", service), TEXTS);
            awaitAccepted("slack", service);
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> requestsFailed("email") >= before + 2);
        } finally {
            mailAddress.leadTo(mail.getSmtp().getPort());
        }

        awaitAccepted("email", service);
        assertThat(mails(service)).hasSize(1);
    }

    /** Neither its log at the most talkative level nor its status page shows a secret, not even when a receiver refuses it. */
    @Test
    void noSecretIsInTheLogOrTheStatus() {
        outside.answer(
                "/opsgenie/v2/alerts",
                request -> mentions(request.json(), "refused")
                        ? new Answer(403, Map.of(), "{\"message\":\"key refused\"}")
                        : opsgenie(request));
        outside.answer(
                "/slack/secret-slack",
                request ->
                        mentions(request.json(), "refused") ? new Answer(404, Map.of(), "no_service") : slack(request));
        alertmanager.fire(labels("DatabaseConnectionFailed", "refused"), TEXTS);
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> alertmanager.output().stream()
                        .anyMatch(line -> line.contains("slack") && line.contains("404")));

        assertThat(alertmanager.output()).noneMatch(line -> line.contains("secret-"));
        assertThat(alertmanager.status()).contains("operational-critical").doesNotContain("secret-");
    }

    private static Answer slack(Received request) {
        JsonNode json = request.json();
        boolean right = isJsonPost(request)
                && json.path("attachments").size() == 1
                && !json.path("attachments").path(0).path("title").asString("").isEmpty()
                && !json.path("attachments")
                        .path(0)
                        .path("fallback")
                        .asString("")
                        .isEmpty()
                && json.path("attachments").path(0).path("text").asString("").length() < 3_000;
        return right ? Answer.ok("ok") : new Answer(400, Map.of(), "invalid_payload");
    }

    private static Answer pagerduty(Received request) {
        JsonNode json = request.json();
        JsonNode payload = json.path("payload");
        boolean right = isJsonPost(request)
                && json.path("routing_key").asString("").equals("secret-pagerduty")
                && List.of("trigger", "resolve")
                        .contains(json.path("event_action").asString(""))
                && json.path("dedup_key").asString("").matches("\\S{1,255}")
                && !payload.path("summary").asString("").isEmpty()
                && payload.path("summary").asString("").length() <= 1_024
                && !payload.path("source").asString("").isEmpty()
                && List.of("critical", "error", "warning", "info")
                        .contains(payload.path("severity").asString(""))
                && request.body().length() <= 512 * 1_024;
        return right
                ? new Answer(202, Map.of(), "{\"status\":\"success\"}")
                : new Answer(400, Map.of(), "invalid event");
    }

    private static Answer opsgenie(Received request) {
        JsonNode json = request.json();
        boolean right = isJsonPost(request)
                && request.headers().getOrDefault("authorization", "").equals("GenieKey secret-opsgenie")
                && json.path("message").asString("").matches("(?s).{1,130}")
                && json.path("alias").asString("").matches("\\S{1,512}")
                && json.path("description").asString("").length() <= 15_000
                && json.path("priority").asString("").matches("P[1-5]");
        return right ? new Answer(202, Map.of(), "{\"result\":\"ok\"}") : new Answer(422, Map.of(), "invalid");
    }

    private static boolean isJsonPost(Received request) {
        return request.method().equals("POST")
                && request.headers().getOrDefault("content-type", "").startsWith("application/json");
    }

    private static Map<String, String> labels(String name, String service) {
        return new HashMap<>(Map.of(
                "alertname",
                name,
                "severity",
                "critical",
                "category",
                "operational",
                "stack",
                "staging",
                "host",
                "h1",
                "service",
                service));
    }

    private static Stream<MimeMessage> mails(String service) {
        return Arrays.stream(mail.getReceivedMessages()).filter(each -> {
            try {
                return part(each, 0).contains("Where     " + service + " on h1");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static String subject(MimeMessage message) {
        try {
            return message.getSubject();
        } catch (jakarta.mail.MessagingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String part(MimeMessage message, int index) throws Exception {
        return ((Multipart) message.getContent())
                .getBodyPart(index)
                .getContent()
                .toString()
                .replace("\r\n", "\n");
    }

    /** Alertmanager records a notification only after the receiver has accepted it. */
    private static void awaitAccepted(String integration, String service) {
        await(() -> received("/hooks/alerts/events", json -> {
                    JsonNode notification = json.path("data").path("notification");
                    return notification
                                    .path("integration")
                                    .path("name")
                                    .asString("")
                                    .equals(integration)
                            && mentions(notification.path("groupInfo"), service);
                })
                .findFirst());
    }

    private static JsonNode awaitReceived(String path, String service) {
        return awaitReceived(path, json -> mentions(json, service));
    }

    private static JsonNode awaitReceived(String path, Predicate<JsonNode> wanted) {
        return await(() -> received(path, wanted).findFirst()).json();
    }

    private static Stream<Received> received(String path, Predicate<JsonNode> wanted) {
        return outside.received(path).stream().filter(each -> wanted.test(each.json()));
    }

    private static boolean mentions(JsonNode json, String service) {
        String text = json.toString();
        return Stream.of("\"" + service + "\"", "service%3D%22" + service + "%22", "Where     " + service + " on h1")
                .anyMatch(text::contains);
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static <T> T await(Supplier<Optional<T>> wanted) {
        return Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(wanted::get, Optional::isPresent)
                .orElseThrow();
    }
}
