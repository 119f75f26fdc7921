package dev.sidecar.loki;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the connection to Loki. The log appender reads them before any setting is checked; a wrong one stops the start here.
 *
 * @param lokiUrl the base of Loki's HTTP interface, such as {@code http://loki:3100}; null if there is no Loki
 * @param lokiUsername user of the login at Loki's reverse proxy; null if it needs no login
 * @param lokiPassword password of that user
 */
@ConfigurationProperties("sidecar.logs")
record LokiProperties(
        @Nullable URI lokiUrl,
        @Nullable String lokiUsername,
        @Nullable Secret lokiPassword) {

    LokiProperties {
        lokiUrl = lokiUrl == null || lokiUrl.toString().isBlank() ? null : lokiUrl;
        lokiUsername = lokiUsername == null || lokiUsername.isBlank() ? null : lokiUsername;
        InvalidSetting.unless(
                lokiUrl == null || LokiAddress.push(lokiUrl.toString()).isPresent(),
                "sidecar.logs.loki-url",
                lokiUrl == null ? null : LokiAddress.withoutLogin(lokiUrl),
                "be the base of Loki's address, such as http://loki:3100, without a login in it");
        InvalidSetting.unless(
                (lokiUsername == null) == (lokiPassword == null),
                "sidecar.logs.loki-username",
                lokiUsername,
                "be set together with sidecar.logs.loki-password, or not at all");
    }
}
