package dev.sidecar.notices;

import dev.sidecar.peers.Peer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param alertmanagerUrl address of Alertmanager; without it the dead man's switch is off
 * @param watchdogLimit how long the Watchdog may be missing before you are notified
 * @param remindEvery how often the notice is repeated
 * @param heartbeatUrl address requested every minute while the Watchdog arrives, so that an external monitor notices when this host is down
 * @param backupOutcomes which outcomes of backup jobs are sent directly
 * @param mail the mail server; mail is off without one
 * @param slack the Slack channel; Slack is off without one
 * @param teams the Microsoft Teams workflow; Teams is off without one
 * @param discord the Discord webhook; Discord is off without one
 * @param mattermost the Mattermost webhook; Mattermost is off without one
 * @param googleChat the webhook of a Google Chat space; Google Chat is off without one
 * @param telegram the Telegram bot and chat; Telegram is off without a token
 * @param ntfy the ntfy topic; ntfy is off without one
 * @param pushover the Pushover application and who is told; Pushover is off without a token
 */
@ConfigurationProperties("sidecar.alerts")
record NoticesProperties(
        @Nullable URI alertmanagerUrl,
        @DefaultValue("5m") Duration watchdogLimit,
        @DefaultValue("1h") Duration remindEvery,
        @Nullable Secret heartbeatUrl,
        @DefaultValue("none") BackupOutcomes backupOutcomes,
        @DefaultValue Mail mail,
        @DefaultValue Hook slack,
        @DefaultValue Hook teams,
        @DefaultValue Hook discord,
        @DefaultValue Hook mattermost,
        @DefaultValue Hook googleChat,
        @DefaultValue Telegram telegram,
        @DefaultValue Ntfy ntfy,
        @DefaultValue Pushover pushover) {

    /** The outcomes of backup jobs that are sent directly. */
    enum BackupOutcomes {
        NONE,
        FAILURES,
        ALL
    }

    NoticesProperties {
        alertmanagerUrl = alertmanagerUrl == null || alertmanagerUrl.toString().isBlank() ? null : alertmanagerUrl;
        Peer.requireAddress("sidecar.alerts.alertmanager-url", alertmanagerUrl);
        requireBetween("watchdog-limit", watchdogLimit, Duration.ofMinutes(2), Duration.ofDays(1), "2m and 1d");
        requireBetween("remind-every", remindEvery, Duration.ofMinutes(1), Duration.ofDays(7), "1m and 7d");
        requireSecretAddress("sidecar.alerts.heartbeat-url", heartbeatUrl);
        requireSecretAddress("sidecar.alerts.slack.webhook-url", slack.webhookUrl());
        requireSecretAddress("sidecar.alerts.teams.webhook-url", teams.webhookUrl());
        requireSecretAddress("sidecar.alerts.discord.webhook-url", discord.webhookUrl());
        requireSecretAddress("sidecar.alerts.mattermost.webhook-url", mattermost.webhookUrl());
        requireSecretAddress("sidecar.alerts.google-chat.webhook-url", googleChat.webhookUrl());
    }

    private static void requireBetween(String name, Duration value, Duration least, Duration most, String range) {
        InvalidSetting.unless(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                "sidecar.alerts." + name,
                value,
                "be between " + range);
    }

    private static void requireSecretAddress(String setting, @Nullable Secret address) {
        boolean right = true;
        if (address != null) {
            try {
                URI uri = URI.create(address.reveal());
                right = uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()));
            } catch (IllegalArgumentException e) {
                right = false;
            }
        }
        InvalidSetting.unless(right, setting, "***", "be an address such as https://host/path");
    }

    /**
     * @param smarthost the mail server as host:port; mail is off without it
     * @param from the sender's address
     * @param to the recipients
     * @param username user of the login; null if the server needs none
     * @param password password of that user
     * @param requireTls whether an unencrypted connection is refused
     */
    record Mail(
            @Nullable String smarthost,
            @Nullable String from,
            @DefaultValue List<String> to,
            @Nullable String username,
            @Nullable Secret password,
            @DefaultValue("true") boolean requireTls) {

        Mail {
            smarthost = blankToNull(smarthost);
            username = blankToNull(username);
            from = blankToNull(from);
            to = to.stream().map(String::strip).filter(one -> !one.isEmpty()).toList();
            if (smarthost != null) {
                InvalidSetting.unless(
                        smarthost.matches("[A-Za-z0-9._-]+:[0-9]{1,5}|\\[[0-9a-fA-F:]+]:[0-9]{1,5}"),
                        "sidecar.alerts.mail.smarthost",
                        smarthost,
                        "be host:port of the mail server, such as mail.example.org:587");
                requireAddress("sidecar.alerts.mail.from", from);
                InvalidSetting.unless(
                        !to.isEmpty(),
                        "sidecar.alerts.mail.to",
                        "",
                        "name at least one address when a mail server is given");
                to.forEach(one -> requireAddress("sidecar.alerts.mail.to", one));
                InvalidSetting.unless(
                        (username == null) == (password == null),
                        "sidecar.alerts.mail.username",
                        username,
                        "be given together with sidecar.alerts.mail.password, or neither of them");
            }
        }

        private static void requireAddress(String setting, @Nullable String address) {
            InvalidSetting.unless(
                    address != null
                            && address.matches("[^\\s@,;<>]+@[^\\s@,;<>]+|[^\\r\\n<>]*<[^\\s@,;<>]+@[^\\s@,;<>]+>"),
                    setting,
                    address,
                    "be a mail address such as ops@example.org");
        }

        private static @Nullable String blankToNull(@Nullable String text) {
            return text == null || text.isBlank() ? null : text.strip();
        }

        boolean isOn() {
            return smarthost != null;
        }

        String host() {
            return smarthost == null ? "" : smarthost.substring(0, smarthost.lastIndexOf(':'));
        }

        int port() {
            return smarthost == null ? 0 : Integer.parseInt(smarthost.substring(smarthost.lastIndexOf(':') + 1));
        }
    }

    /** @param webhookUrl the incoming webhook, a secret as a whole; the service is off without it */
    record Hook(@Nullable Secret webhookUrl) {}

    /**
     * @param botToken token of the bot; Telegram is off without it
     * @param chatId number of the chat that is told
     * @param apiUrl address of Telegram's bot API
     */
    record Telegram(
            @Nullable Secret botToken,
            @Nullable String chatId,
            @DefaultValue("https://api.telegram.org") URI apiUrl) {

        Telegram {
            apiUrl = apiUrl.toString().isBlank() ? URI.create("https://api.telegram.org") : apiUrl;
            Peer.requireAddress("sidecar.alerts.telegram.api-url", apiUrl);
            InvalidSetting.unless(
                    botToken == null || botToken.reveal().matches("[A-Za-z0-9:_-]+"),
                    "sidecar.alerts.telegram.bot-token",
                    "***",
                    "be a token as @BotFather gives it");
            InvalidSetting.unless(
                    botToken == null || chatId != null && chatId.matches("-?[1-9][0-9]{0,17}"),
                    "sidecar.alerts.telegram.chat-id",
                    chatId,
                    "be the number of a chat when a bot is given");
        }

        Secret address(Secret token) {
            return Secret.of(apiUrl.toString().replaceAll("/+$", "") + "/bot" + token.reveal() + "/sendMessage");
        }
    }

    /** @param url the topic's address, a secret as a whole; ntfy is off without it */
    record Ntfy(@Nullable Secret url) {

        Ntfy {
            requireSecretAddress("sidecar.alerts.ntfy.url", url);
        }
    }

    /**
     * @param token API token of the application; Pushover is off without it
     * @param userKey the user or group that is told
     */
    record Pushover(@Nullable Secret token, @Nullable String userKey) {

        Pushover {
            InvalidSetting.unless(
                    token == null || userKey != null && userKey.matches("[A-Za-z0-9]{30}"),
                    "sidecar.alerts.pushover.user-key",
                    userKey,
                    "be 30 letters and digits when a token is given");
        }
    }
}
