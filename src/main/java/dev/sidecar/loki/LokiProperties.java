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
 * @param lokiToken token that is presented instead of user and password; null for none
 * @param lokiTenant tenant whose lines these are, header {@code X-Scope-OrgID}; null where Loki has no tenants
 */
@ConfigurationProperties("sidecar.logs")
record LokiProperties(
        @Nullable URI lokiUrl,
        @Nullable String lokiUsername,
        @Nullable Secret lokiPassword,
        @Nullable Secret lokiToken,
        @Nullable String lokiTenant) {

    private static final String ONE_WORD = "[!-~]+";
    private static final String TENANT = "[A-Za-z0-9!_.*'()-]{1,150}";

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
        InvalidSetting.unless(
                lokiToken == null || lokiUsername == null,
                "sidecar.logs.loki-username",
                lokiUsername,
                "be left out where sidecar.logs.loki-token is set");
        InvalidSetting.unless(
                lokiToken == null || lokiToken.reveal().matches(ONE_WORD),
                "sidecar.logs.loki-token",
                lokiToken,
                "be one word without spaces");
        lokiTenant = lokiTenant == null || lokiTenant.isBlank() ? null : lokiTenant;
        InvalidSetting.unless(
                lokiTenant == null || lokiTenant.matches(TENANT),
                "sidecar.logs.loki-tenant",
                lokiTenant,
                "be the name of a tenant: letters, digits and !_.*'()-");
    }
}
