package dev.sidecar.access;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the login at an issuer of OpenID Connect, beside the local login.
 *
 * @param issuer address of the issuer, exactly as its tokens name it; no such login if not given
 * @param clientId name by which the issuer knows the sidecar
 * @param clientSecret the sidecar's own password at the issuer
 * @param scopes what the issuer is asked for, besides {@code openid}
 * @param claim the claim of the ID token, or of the user info where the token lacks it, with a person's groups or roles, such as {@code groups}; dots lead
 *     into nested ones
 * @param viewers the groups or roles whose members may look
 * @param operators the groups or roles whose members may also act
 * @param caFile certificates (PEM) to trust at the issuer instead of Java's
 */
@ConfigurationProperties("sidecar.access.oidc")
record OidcProperties(
        @Nullable URI issuer,
        @DefaultValue("") String clientId,
        @Nullable Secret clientSecret,
        @DefaultValue({"profile", "email"}) List<String> scopes,
        @DefaultValue("groups") String claim,
        @DefaultValue List<String> viewers,
        @DefaultValue List<String> operators,
        @Nullable Path caFile) {

    private static final String PREFIX = "sidecar.access.oidc.";

    OidcProperties {
        scopes = filled(scopes);
        viewers = filled(viewers);
        operators = filled(operators);
        if (issuer != null && !issuer.toString().isEmpty()) {
            InvalidSetting.unless(
                    IssuerAddress.isUsable(issuer) && issuer.getRawQuery() == null,
                    PREFIX + "issuer",
                    issuer,
                    "be an address such as https://login.example.org; http:// is for this machine alone");
            InvalidSetting.unless(
                    clientId.matches("[ -~]{1,255}") && !clientId.isBlank(),
                    PREFIX + "client-id",
                    clientId,
                    "be the client ID under which the issuer knows the sidecar");
            InvalidSetting.unless(
                    clientSecret != null, PREFIX + "client-secret", "", "be the client secret that the issuer gave");
            InvalidSetting.unless(!claim.isBlank(), PREFIX + "claim", claim, "name a claim, such as groups");
        }
    }

    boolean isOn() {
        return issuer != null && !issuer.toString().isEmpty();
    }

    private static List<String> filled(List<String> values) {
        return values.stream()
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }
}
