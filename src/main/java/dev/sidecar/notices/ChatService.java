package dev.sidecar.notices;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/**
 * How a service that takes messages over HTTP wants them: as which fields, how long at most, and with what written otherwise, so that a text
 * is text there and notifies nobody but the channel.
 */
enum ChatService {
    SLACK("slack", Medium.SLACK, 3_500) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(address, Map.of("text", "*" + title(notice) + "*\n" + text(notice)));
        }
    },
    TEAMS("teams", Medium.TEAMS, 6_000) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            Map<String, Object> card = Map.of(
                    "$schema",
                    "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type",
                    "AdaptiveCard",
                    "version",
                    "1.2",
                    "body",
                    List.of(
                            Map.of("type", "TextBlock", "text", title(notice), "weight", "Bolder", "wrap", true),
                            Map.of("type", "TextBlock", "text", text(notice), "wrap", true)));
            return json(
                    address,
                    Map.of(
                            "type",
                            "message",
                            "attachments",
                            List.of(Map.of(
                                    "contentType", "application/vnd.microsoft.card.adaptive", "content", card))));
        }
    },
    DISCORD("discord", Medium.DISCORD, 1_700) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(
                    address,
                    Map.of(
                            "content",
                            "**" + title(notice) + "**\n" + text(notice),
                            "allowed_mentions",
                            Map.of("parse", List.of())));
        }
    },
    TELEGRAM("telegram", Medium.PLAIN, 3_700) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(
                    address,
                    Map.of(
                            "chat_id",
                            recipient,
                            "text",
                            title(notice) + "\n\n" + text(notice),
                            "disable_web_page_preview",
                            true));
        }
    },
    MATTERMOST("mattermost", Medium.MATTERMOST, 12_000) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(address, Map.of("text", "**" + title(notice) + "**\n" + text(notice)));
        }
    },
    GOOGLE_CHAT("google_chat", Medium.GOOGLE_CHAT, 3_700) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(address, Map.of("text", "*" + title(notice) + "*\n" + text(notice)));
        }
    },
    NTFY("ntfy", Medium.PLAIN, 4_000) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            String query = (address.getRawQuery() == null ? "?" : "&")
                    + form(Map.of("title", title(notice), "priority", notice.urgent() ? "urgent" : "default"));
            return HttpRequest.newBuilder(URI.create(address + query))
                    .header("Content-Type", "text/plain; charset=utf-8")
                    .POST(BodyPublishers.ofString(cutBytes(text(notice), most)));
        }
    },
    PUSHOVER("pushover", Medium.PLAIN, 1_000) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            String[] tokenAndUser = recipient.split(" ", 2);
            Map<String, String> fields = Map.of(
                    "token",
                    tokenAndUser[0],
                    "user",
                    tokenAndUser[1],
                    "title",
                    title(notice),
                    "message",
                    text(notice),
                    "priority",
                    notice.urgent() ? "1" : "0");
            return HttpRequest.newBuilder(address)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(BodyPublishers.ofString(form(fields)));
        }
    };

    /** The longest subject that each of them takes. */
    private static final int TITLE = 240;

    private final String label;
    private final Medium medium;
    final int most;

    ChatService(String label, Medium medium, int most) {
        this.label = label;
        this.medium = medium;
        this.most = most;
    }

    /** Its name in metrics and logs. */
    String label() {
        return label;
    }

    /**
     * Makes the request that posts a notice.
     *
     * @param address where to; for most services it is the secret
     * @param recipient who is told, where the address does not say that; Pushover's is its token, a blank, and the user
     */
    abstract HttpRequest.Builder request(URI address, String recipient, Notice notice);

    private static HttpRequest.Builder json(URI address, Map<String, ?> body) {
        return HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json; charset=utf-8")
                .POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)));
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    final String title(Notice notice) {
        return (medium == Medium.PLAIN ? Medium.SUBJECT : medium).line(notice.subject(), TITLE);
    }

    final String text(Notice notice) {
        return medium.text(notice.text(), most);
    }

    private static String cutBytes(String text, int most) {
        int end = text.length();
        while (text.substring(0, end).getBytes(StandardCharsets.UTF_8).length > most) {
            end -= 1 + (end - 1) / 64;
        }
        if (end == text.length()) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
    }
}
