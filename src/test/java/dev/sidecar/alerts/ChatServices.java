package dev.sidecar.alerts;

import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.alerts.Outside.Received;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The chats and push services, as strict as their documentation: whatever they would refuse, cut or misread is refused. */
public final class ChatServices {

    public static final String TELEGRAM_TOKEN = "123456789:AAH-secret-telegram-0123456789abcdef";
    public static final String TELEGRAM_CHAT = "-1001234567890";
    public static final String PUSHOVER_TOKEN = "azGDORePK8gMaC0QOYAMyEEuzJnyUi";
    public static final String PUSHOVER_USER = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG";
    public static final String NTFY_TITLE = "{{ slice .title 1 }}";
    public static final String NTFY_MESSAGE = "{{ slice .message 1 }}";

    private static final int LONGEST_CARD = 28 * 1024;

    private ChatServices() {}

    /** A workflow of Teams takes a message with adaptive cards, up to 28 KB, and answers before it has posted. */
    public static Answer teams(Received request) {
        JsonNode json = json(request);
        JsonNode attachment = json.path("attachments").path(0);
        JsonNode card = attachment.path("content");
        boolean right = isJsonPost(request)
                && has(json, "type", "attachments")
                && json.path("type").asString("").equals("message")
                && json.path("attachments").size() == 1
                && attachment.path("contentType").asString("").equals("application/vnd.microsoft.card.adaptive")
                && card.path("type").asString("").equals("AdaptiveCard")
                && !card.path("version").asString("").isEmpty()
                && !card.path("body").isEmpty()
                && StreamSupport.stream(card.path("body").spliterator(), false)
                        .allMatch(block -> block.path("type").asString("").equals("TextBlock")
                                && !block.path("text").asString("").isBlank())
                && bytes(request.body()) <= LONGEST_CARD;
        return right ? new Answer(202, Map.of(), "") : new Answer(400, Map.of(), "{\"error\":\"InvalidCard\"}");
    }

    public static Answer discord(Received request) {
        JsonNode json = json(request);
        String content = json.path("content").asString("");
        int all = content.length();
        boolean right = isJsonPost(request)
                && has(json, "content", "embeds", "username", "avatar_url", "allowed_mentions")
                && content.length() <= 2_000
                && json.path("embeds").size() <= 10;
        for (JsonNode embed : json.path("embeds")) {
            String title = embed.path("title").asString("");
            String description = embed.path("description").asString("");
            right &= has(embed, "title", "description", "color")
                    && title.length() <= 256
                    && description.length() <= 4_096;
            all += title.length() + description.length();
        }
        return right && all > 0 && all <= 6_000
                ? new Answer(204, Map.of(), "")
                : new Answer(400, Map.of(), "{\"message\":\"Invalid Form Body\",\"code\":50035}");
    }

    /** Telegram counts as UTF-16 does. */
    public static Answer telegram(Received request) {
        JsonNode json = json(request);
        String text = json.path("text").asString("");
        boolean right = isJsonPost(request)
                && request.path().equals("/bot" + TELEGRAM_TOKEN + "/sendMessage")
                && json.path("chat_id").asString("").equals(TELEGRAM_CHAT)
                && json.path("parse_mode").asString("").isEmpty()
                && !text.isBlank()
                && text.length() <= 4_096;
        return right
                ? new Answer(
                        200,
                        Map.of("Content-Type", "application/json"),
                        "{\"ok\":true,\"result\":{\"message_id\":7,\"date\":1,\"chat\":{\"id\":-1001234567890,\"type\":\"supergroup\"}}}")
                : new Answer(
                        400,
                        Map.of("Content-Type", "application/json"),
                        "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: message is not right\"}");
    }

    public static Answer mattermost(Received request) {
        JsonNode json = json(request);
        String text = json.path("text").asString("");
        boolean right = isJsonPost(request)
                && has(json, "text", "attachments")
                && text.length() <= 16_383
                && (!text.isBlank() || !json.path("attachments").isEmpty());
        for (JsonNode attachment : json.path("attachments")) {
            right &= has(attachment, "title", "title_link", "text", "fallback", "color")
                    && !attachment.path("title").asString("").isBlank()
                    && attachment.path("text").asString("").length() <= 16_383;
        }
        return right ? Answer.ok("ok") : new Answer(400, Map.of(), "{\"id\":\"web.incoming_webhook.parse.app_error\"}");
    }

    public static Answer googleChat(Received request) {
        JsonNode json = json(request);
        JsonNode text = json.path("text");
        boolean right = isJsonPost(request)
                && request.query().contains("key=")
                && request.query().contains("token=")
                && has(json, "text")
                && text.isString()
                && !text.asString("").isBlank()
                && text.asString("").length() <= 4_096;
        return right
                ? new Answer(200, Map.of("Content-Type", "application/json"), "{\"name\":\"spaces/AAA/messages/BBB\"}")
                : new Answer(400, Map.of(), "{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\"}}");
    }

    /** @return what ntfy shows of a request, by the headers that make a template of it; empty if it refuses it */
    public static Map<String, String> ntfyShows(Received request) {
        Map<String, String> shown = new TreeMap<>();
        if (request.headers().getOrDefault("x-template", "").equals("yes")) {
            JsonNode json = json(request);
            if (NTFY_TITLE.equals(request.headers().get("x-title"))
                    && NTFY_MESSAGE.equals(request.headers().get("x-message"))
                    && json.path("title").isString()
                    && json.path("message").isString()) {
                shown.put("title", json.path("title").asString("").substring(1));
                shown.put("message", json.path("message").asString("").substring(1));
                shown.put("priority", request.headers().getOrDefault("x-priority", ""));
            }
        } else {
            shown.putAll(form(request.query()));
            shown.put("message", request.body());
        }
        return shown;
    }

    /** A longer message is refused where it comes from a template, and becomes an attachment where it does not. */
    public static Answer ntfy(Received request) {
        Map<String, String> shown = ntfyShows(request);
        String message = shown.getOrDefault("message", "");
        boolean right = request.method().equals("POST")
                && !shown.getOrDefault("title", "").isBlank()
                && !message.isBlank()
                && bytes(message) <= 4_096
                && bytes(request.body()) <= 32_768
                && Set.of("min", "low", "default", "high", "urgent").contains(shown.getOrDefault("priority", ""));
        return right
                ? new Answer(200, Map.of("Content-Type", "application/json"), "{\"id\":\"x\",\"event\":\"message\"}")
                : new Answer(400, Map.of(), "{\"code\":40043,\"http\":400}");
    }

    /** @return what Pushover was sent, as parameters of the address or as a form */
    public static Map<String, String> pushoverFields(Received request) {
        Map<String, String> fields = new TreeMap<>(form(request.query()));
        fields.putAll(form(request.body()));
        return fields;
    }

    public static Answer pushover(Received request) {
        Map<String, String> fields = pushoverFields(request);
        String priority = fields.getOrDefault("priority", "0");
        boolean right = request.method().equals("POST")
                && request.path().equals("/1/messages.json")
                && fields.getOrDefault("token", "").equals(PUSHOVER_TOKEN)
                && fields.getOrDefault("user", "").equals(PUSHOVER_USER)
                && fields.getOrDefault("title", "").length() <= 250
                && !fields.getOrDefault("message", "").isBlank()
                && fields.getOrDefault("message", "").length() <= 1_024
                && fields.getOrDefault("url", "").length() <= 512
                && priority.matches("-?[012]")
                && (!priority.equals("2")
                        || Integer.parseInt(fields.getOrDefault("retry", "0")) >= 30
                                && Integer.parseInt(fields.getOrDefault("expire", "99999")) <= 10_800);
        return right
                ? new Answer(200, Map.of("Content-Type", "application/json"), "{\"status\":1,\"request\":\"r\"}")
                : new Answer(
                        400, Map.of("Content-Type", "application/json"), "{\"status\":0,\"errors\":[\"message\"]}");
    }

    private static boolean isJsonPost(Received request) {
        return request.method().equals("POST")
                && request.headers().getOrDefault("content-type", "").startsWith("application/json");
    }

    private static boolean has(JsonNode json, String... fields) {
        return List.of(fields).containsAll(json.propertyNames());
    }

    private static JsonNode json(Received request) {
        try {
            return request.json();
        } catch (JacksonException e) {
            return JsonMapper.shared().createObjectNode();
        }
    }

    private static Map<String, String> form(String encoded) {
        Map<String, String> fields = new TreeMap<>();
        Arrays.stream(encoded.split("&")).filter(field -> field.contains("=")).forEach(field -> {
            int equals = field.indexOf('=');
            fields.put(
                    field.substring(0, equals), URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
        });
        return fields;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
