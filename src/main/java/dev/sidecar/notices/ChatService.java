package dev.sidecar.notices;

import dev.sidecar.text.HostileText;
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
    SLACK("slack", 3_500) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(
                    address, Map.of("text", "*" + escape(subject(notice)) + "*\n" + cut(escape(text(notice)), most)));
        }

        /** Slack reads {@code <!channel>} and links wherever a bracket is not escaped. */
        private static String escape(String text) {
            return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        }
    },
    TEAMS("teams", 6_000) {
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
                            Map.of(
                                    "type",
                                    "TextBlock",
                                    "text",
                                    lookalike(subject(notice)),
                                    "weight",
                                    "Bolder",
                                    "wrap",
                                    true),
                            Map.of(
                                    "type",
                                    "TextBlock",
                                    "text",
                                    cut(lookalike(text(notice)).replace("\n", "\n\n"), most),
                                    "wrap",
                                    true)));
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
    DISCORD("discord", 1_700) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(
                    address,
                    Map.of(
                            "content",
                            "**" + cut(markdown(subject(notice)), TITLE) + "**\n" + cut(markdown(text(notice)), most),
                            "allowed_mentions",
                            Map.of("parse", List.of())));
        }
    },
    TELEGRAM("telegram", 3_700) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(
                    address,
                    Map.of(
                            "chat_id",
                            recipient,
                            "text",
                            cut(subject(notice), TITLE) + "\n\n" + cut(text(notice), most),
                            "disable_web_page_preview",
                            true));
        }
    },
    MATTERMOST("mattermost", 12_000) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(
                    address,
                    Map.of("text", "**" + markdown(subject(notice)) + "**\n" + cut(markdown(text(notice)), most)));
        }
    },
    GOOGLE_CHAT("google_chat", 3_700) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            return json(
                    address,
                    Map.of(
                            "text",
                            "*" + cut(lookalike(subject(notice)), TITLE) + "*\n" + cut(lookalike(text(notice)), most)));
        }
    },
    NTFY("ntfy", 4_000) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            String query = (address.getRawQuery() == null ? "?" : "&")
                    + form(Map.of(
                            "title", cut(subject(notice), TITLE), "priority", notice.urgent() ? "urgent" : "default"));
            return HttpRequest.newBuilder(URI.create(address + query))
                    .header("Content-Type", "text/plain; charset=utf-8")
                    .POST(BodyPublishers.ofString(cutBytes(text(notice), most)));
        }
    },
    PUSHOVER("pushover", 1_000) {
        @Override
        HttpRequest.Builder request(URI address, String recipient, Notice notice) {
            String[] tokenAndUser = recipient.split(" ", 2);
            Map<String, String> fields = Map.of(
                    "token",
                    tokenAndUser[0],
                    "user",
                    tokenAndUser[1],
                    "title",
                    cut(subject(notice), TITLE),
                    "message",
                    cut(text(notice), most),
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
    final int most;

    ChatService(String label, int most) {
        this.label = label;
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

    private static String subject(Notice notice) {
        return cut(HostileText.line(notice.subject()), TITLE);
    }

    private static String text(Notice notice) {
        return HostileText.forTerminal(notice.text());
    }

    private static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
        return text.substring(0, end) + "…";
    }

    private static String cutBytes(String text, int most) {
        int end = Math.min(text.length(), most);
        while (text.substring(0, end).getBytes(StandardCharsets.UTF_8).length > most) {
            end -= 1 + (end - 1) / 64;
        }
        return end == text.length() ? text : cut(text, end);
    }

    /** Discord and Mattermost know a backslash; a character of no width breaks what notifies everybody. */
    private static String markdown(String text) {
        return text.replaceAll("[\\\\*_~`|<>\\[\\]()#!:]", "\\\\$0").replace("@", "@\u200b");
    }

    /** Teams and Google Chat know no escape: what begins a format becomes what looks like it. */
    private static String lookalike(String text) {
        return text.replace('*', '∗')
                .replace('`', 'ʹ')
                .replace('~', '∼')
                .replace('<', '‹')
                .replace('>', '›')
                .replace("](", "] (");
    }
}
