package dev.sidecar.loki;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Where Loki is. The log appender reads the same settings before any of them is checked; this is where a wrong one stops the start.
 *
 * @param lokiUrl the base of Loki's HTTP interface, such as {@code http://loki:3100}; null if there is no Loki
 * @param lokiUsername who Loki's reverse proxy shall see; null if it asks for no login
 * @param lokiPassword the password to that
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
                "be given together with sidecar.logs.loki-password, or neither of them");
    }
}
