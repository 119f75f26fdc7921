package dev.sidecar.farend;

import dev.sidecar.peers.Peer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the store elsewhere that Prometheus writes to.
 *
 * @param url base of its query API, which the path {@code /api/v1/query} is added to; nothing is read back without one
 * @param writeUrl where Prometheus writes to; {@code preflight --probe} asks whether anything answers there
 * @param username user of the login there; set together with the password
 * @param password password of that user
 * @param token token that is presented instead of user and password
 * @param tenant whose samples are read; null if the store knows no tenants
 * @param tenantHeader header that names the tenant
 */
@ConfigurationProperties("sidecar.far-end")
record FarEndProperties(
        @Nullable URI url,
        @Nullable URI writeUrl,
        @Nullable String username,
        @Nullable Secret password,
        @Nullable Secret token,
        @Nullable String tenant,
        @DefaultValue("X-Scope-OrgID") String tenantHeader) {

    private static final String HEADER = "[A-Za-z][A-Za-z0-9-]{0,62}";
    private static final String ONE_WORD = "[!-~]+";
    private static final String TENANT = "[!-~]{1,150}";

    FarEndProperties {
        url = isBlank(url) ? null : url;
        writeUrl = isBlank(writeUrl) ? null : writeUrl;
        username = username == null || username.isBlank() ? null : username;
        tenant = tenant == null || tenant.isBlank() ? null : tenant;
        requireWithoutLogin("sidecar.far-end.url", url);
        requireWithoutLogin("sidecar.far-end.write-url", writeUrl);
        InvalidSetting.unless(
                (username == null) == (password == null),
                "sidecar.far-end.username",
                username,
                "be set together with sidecar.far-end.password, or not at all");
        InvalidSetting.unless(
                token == null || username == null,
                "sidecar.far-end.username",
                username,
                "be left out where sidecar.far-end.token is set");
        InvalidSetting.unless(
                token == null || token.reveal().matches(ONE_WORD),
                "sidecar.far-end.token",
                token,
                "be one word without spaces");
        InvalidSetting.unless(
                tenant == null || tenant.matches(TENANT),
                "sidecar.far-end.tenant",
                tenant,
                "be one word without spaces");
        InvalidSetting.unless(
                tenantHeader.matches(HEADER),
                "sidecar.far-end.tenant-header",
                tenantHeader,
                "be the name of a header, such as X-Scope-OrgID");
    }

    private static boolean isBlank(@Nullable URI address) {
        return address != null && address.toString().isBlank();
    }

    /** An address is shown in evidence. */
    private static void requireWithoutLogin(String setting, @Nullable URI address) {
        InvalidSetting.unless(
                address == null || address.getUserInfo() == null && address.getQuery() == null,
                setting,
                address == null ? null : address.getHost(),
                "hold neither user, password nor query: they have settings of their own");
        Peer.requireAddress(setting, address);
    }
}
