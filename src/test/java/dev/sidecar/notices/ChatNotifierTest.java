package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.alerts.ChatServices;
import dev.sidecar.alerts.Outside;
import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.alerts.Outside.Received;
import dev.sidecar.secrets.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Each service takes what the sidecar sends it past Alertmanager, and reads nothing in it but text. What fails, and how: {@link SlackNotifierTest}. */
class ChatNotifierTest {

    private static final String TELEGRAM = "/bot" + ChatServices.TELEGRAM_TOKEN + "/sendMessage";

    private static final Notice HOSTILE = new Notice(
            "[ALARM] @everyone [click](https://evil.example) <!channel>",
            "@here `code` *bold* <users/all> \u202egnp.exe \u0007\nsecond line 日本 😀\n");

    private Outside outside;

    @BeforeEach
    void start() {
        outside = new Outside();
    }

    @AfterEach
    void stop() {
        outside.close();
    }

    private static String path(ChatService service) {
        return switch (service) {
            case SLACK -> "/services/T0/B0/secret-slack";
            case TEAMS -> "/workflows/secret-teams";
            case DISCORD -> "/api/webhooks/1/secret-discord";
            case TELEGRAM -> TELEGRAM;
            case MATTERMOST -> "/hooks/secretmattermost";
            case GOOGLE_CHAT -> "/v1/spaces/AAA/messages";
            case NTFY -> "/secret-topic";
            case PUSHOVER -> "/1/messages.json";
        };
    }

    private static Function<Received, Answer> strict(ChatService service) {
        return switch (service) {
            case SLACK -> request -> Answer.ok("ok");
            case TEAMS -> ChatServices::teams;
            case DISCORD -> ChatServices::discord;
            case TELEGRAM -> ChatServices::telegram;
            case MATTERMOST -> ChatServices::mattermost;
            case GOOGLE_CHAT -> ChatServices::googleChat;
            case NTFY -> ChatServices::ntfy;
            case PUSHOVER -> ChatServices::pushover;
        };
    }

    private Notifier notifier(ChatService service) {
        outside.answer(path(service), strict(service));
        String address =
                outside.url(path(service)) + (service == ChatService.GOOGLE_CHAT ? "?key=k&token=secret-google" : "");
        Secret recipient = switch (service) {
            case TELEGRAM -> Secret.of(ChatServices.TELEGRAM_CHAT);
            case PUSHOVER -> Secret.of(ChatServices.PUSHOVER_TOKEN + " " + ChatServices.PUSHOVER_USER);
            default -> Secret.of("nobody");
        };
        return new ChatNotifier(service, Secret.of(address), recipient, Duration.ofSeconds(30));
    }

    @ParameterizedTest
    @EnumSource
    void theServiceTakesIt(ChatService service) {
        assertThat(notifier(service).deliver(NotifierContract.NOTICE)).isEqualTo(Delivery.DONE);
        assertThat(outside.received(path(service))).hasSize(1);
    }

    /** Of one byte, of two UTF-16 units, and of characters that are escaped. */
    @ParameterizedTest
    @EnumSource
    void theServiceTakesAVeryLongOneToo(ChatService service) {
        Notifier notifier = notifier(service);
        for (String letter : List.of("x", "日", "😀", "*", "@", "\n-", "\"", "&")) {
            Notice notice = new Notice("s" + letter.strip().repeat(2_000), "t" + letter.repeat(100_000));
            assertThat(notifier.deliver(notice)).as(letter).isEqualTo(Delivery.DONE);
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"TELEGRAM", "NTFY", "PUSHOVER", "SLACK"})
    void whatTheServiceWouldReadAsMoreThanTextIsText(ChatService service) {
        assertThat(notifier(service).deliver(HOSTILE)).isEqualTo(Delivery.DONE);

        String sent = outside.received(path(service)).get(0).body();
        assertThat(sent)
                .doesNotContain("](https", "<!channel>", "<users/all>", " `code`", "\u202e", "\u0007")
                .contains("日本 😀");
        if (service == ChatService.DISCORD || service == ChatService.MATTERMOST) {
            assertThat(sent).doesNotContain("@everyone", "@here");
        }
    }

    /** Those that read nothing but text get it as it is, without control characters. */
    @ParameterizedTest
    @EnumSource(names = {"TELEGRAM", "NTFY", "PUSHOVER"})
    void plainTextStaysAsItIs(ChatService service) {
        assertThat(notifier(service).deliver(HOSTILE)).isEqualTo(Delivery.DONE);

        Received request = outside.received(path(service)).get(0);
        String sent = service == ChatService.PUSHOVER
                ? ChatServices.pushoverFields(request).get("message")
                : service == ChatService.NTFY
                        ? request.body()
                        : request.json().path("text").asString("");
        assertThat(sent).contains("@here `code` *bold* <users/all>").doesNotContain("\u202e", "\u0007");
    }

    /** As services do that repeat what they refuse. */
    @ParameterizedTest
    @EnumSource
    void whatAServiceRepeatsOfTheSecretsIsNotShown(ChatService service) {
        Notifier notifier = notifier(service);
        outside.answer(
                path(service),
                request -> new Answer(
                        400,
                        Map.of(),
                        "{\"description\":\"chat not found\",\"url\":\"" + outside.url(path(service))
                                + "?key=k&token=secret-google\",\"token\":\"" + ChatServices.PUSHOVER_TOKEN + "\"}"));
        Delivery delivery = notifier.deliver(NotifierContract.NOTICE);
        assertThat(delivery.detail())
                .startsWith("HTTP 400")
                .contains("chat not found")
                .doesNotContain("secret", path(service));
        if (service == ChatService.PUSHOVER) {
            assertThat(delivery.detail()).doesNotContain(ChatServices.PUSHOVER_TOKEN);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, urgent, 1", "false, default, 0"})
    void goodNewsWakesNobody(boolean urgent, String ntfy, String pushover) {
        Notice notice = urgent ? NotifierContract.NOTICE : NotifierContract.NOTICE.calm();
        notifier(ChatService.NTFY).deliver(notice);
        notifier(ChatService.PUSHOVER).deliver(notice);
        assertThat(outside.received(path(ChatService.NTFY)).get(0).query()).contains("priority=" + ntfy);
        assertThat(ChatServices.pushoverFields(
                        outside.received(path(ChatService.PUSHOVER)).get(0)))
                .containsEntry("priority", pushover);
    }

    @Test
    void ofATokenInTheAddressOfNtfyNothingIsLost() {
        outside.answer("/secret-topic", ChatServices::ntfy);
        Notifier notifier = new ChatNotifier(
                ChatService.NTFY, Secret.of(outside.url("/secret-topic?auth=QmVhcmVy")), Duration.ofSeconds(30));

        assertThat(notifier.deliver(HOSTILE)).isEqualTo(Delivery.DONE);
        assertThat(outside.received("/secret-topic").get(0).query()).contains("auth=QmVhcmVy", "&title=");
    }

    @Test
    void howLongToWaitIsReadAsTelegramAndDiscordSayIt() {
        Notifier notifier = notifier(ChatService.TELEGRAM);
        outside.answer(
                TELEGRAM,
                request -> new Answer(
                        429, Map.of(), "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\": 17}}"));

        Delivery delivery = notifier.deliver(HOSTILE);

        assertThat(delivery.reason()).isEqualTo(DeliveryProblem.RATE_LIMITED);
        assertThat(delivery.retryAfter()).isEqualTo(Duration.ofSeconds(17));
        assertThat(delivery.toString()).doesNotContain(ChatServices.TELEGRAM_TOKEN);
    }
}
