package dev.sidecar.access;

import dev.sidecar.text.HostileText;
import java.net.URI;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.userinfo.OAuth2UserService;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.oidc.IdTokenClaimNames;
import org.springframework.security.oauth2.core.oidc.OidcIdToken;
import org.springframework.security.oauth2.core.oidc.user.DefaultOidcUser;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.util.StringUtils;
import org.springframework.web.client.RestClientException;

/**
 * Makes of an ID token a person with a role. Where the token lacks the claim that gives roles, the issuer is asked for its user info, as some
 * name groups only there. Most issuers let people choose their name themselves, so the audit names them by the issuer's own name for them as
 * well, which they cannot choose.
 */
final class OidcPersons implements OAuth2UserService<OidcUserRequest, OidcUser> {

    static final String NO_ROLE = "no_role";
    static final String NO_USER_INFO = "no_user_info";
    private static final Logger log = LoggerFactory.getLogger(OidcPersons.class);
    private static final List<String> NAMES = List.of("preferred_username", "email", "name");
    private static final Pattern SUBJECT = Pattern.compile("[!-~&&[^()]]{1,255}");
    private static final int LONGEST_NAME = 60;
    private static final int LOGGED_GROUPS = 20;
    private static final int LONGEST_LOGGED = 500;

    private final OidcProperties properties;
    private final IssuerClient client;

    OidcPersons(OidcProperties properties, IssuerClient client) {
        this.properties = properties;
        this.client = client;
    }

    @Override
    public OidcUser loadUser(OidcUserRequest request) {
        OidcIdToken token = request.getIdToken();
        String subject = String.valueOf(token.getClaims().get(IdTokenClaimNames.SUB));
        if (!SUBJECT.matcher(subject).matches()) {
            throw refused("invalid_id_token", "the subject has more than 255 or other than printable ASCII characters");
        }
        Map<String, Object> claims = claims(request, subject);
        String who = name(claims) + " (oidc:" + subject + ")";
        Set<String> groups = groups(claims);
        if (properties.operators().stream().anyMatch(groups::contains)) {
            return new Person(who, token, subject, Role.OPERATOR);
        }
        if (properties.viewers().stream().anyMatch(groups::contains)) {
            return new Person(who, token, subject, Role.VIEWER);
        }
        log.atWarn()
                .addKeyValue("who", who)
                .addKeyValue("action", "log in")
                .addKeyValue("result", "refused: no role")
                .addKeyValue("groups", listed(groups))
                .log("login refused: no role for the claim {}", properties.claim());
        throw refused(NO_ROLE, "the claim " + properties.claim() + " gives no role");
    }

    /** Those of the user info count where the token has none of that name: it alone is signed. */
    private Map<String, Object> claims(OidcUserRequest request, String subject) {
        Map<String, Object> signed = request.getIdToken().getClaims();
        String address = request.getClientRegistration()
                .getProviderDetails()
                .getUserInfoEndpoint()
                .getUri();
        if (claim(signed) != null || !StringUtils.hasText(address)) {
            return signed;
        }
        Map<String, Object> claims = new HashMap<>(userInfo(address, request));
        if (!subject.equals(claims.get(IdTokenClaimNames.SUB))) {
            throw refused("invalid_id_token", "the user info is for another person");
        }
        claims.putAll(signed);
        return claims;
    }

    private Map<String, Object> userInfo(String address, OidcUserRequest request) {
        try {
            return client.userInfo(URI.create(address), request.getAccessToken().getTokenValue());
        } catch (RestClientException | IllegalArgumentException e) {
            throw refused(
                    NO_USER_INFO,
                    "the ID token lacks the claim %s, and the user info was not to be had: %s"
                            .formatted(properties.claim(), e.getMessage()));
        }
    }

    private static OAuth2AuthenticationException refused(String code, String why) {
        return new OAuth2AuthenticationException(new OAuth2Error(code, why, null), why);
    }

    /** Letters of any language, and of signs those of names and addresses: none that could pass for what we write beside it. */
    private static String name(Map<String, Object> claims) {
        return NAMES.stream()
                .map(claims::get)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .map(OidcPersons::harmless)
                .filter(StringUtils::hasText)
                .findFirst()
                .orElse("somebody");
    }

    private static String harmless(String name) {
        return name.codePoints()
                .limit(LONGEST_NAME)
                .map(c -> Character.isLetterOrDigit(c) || " .-_@+'".indexOf(c) >= 0 ? c : '_')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString()
                .strip();
    }

    private Set<String> groups(Map<String, Object> claims) {
        Object value = claim(claims);
        Stream<?> values = value instanceof Collection<?> several
                ? several.stream()
                : value instanceof Map<?, ?> named ? ofOrganisations(named) : Stream.ofNullable(value);
        return values.filter(String.class::isInstance).map(String.class::cast).collect(Collectors.toSet());
    }

    /** Zitadel's roles are names, each with the organisations in which somebody has it. */
    private static Stream<?> ofOrganisations(Map<?, ?> named) {
        return named.entrySet().stream()
                .filter(entry -> entry.getValue() instanceof Map<?, ?> organisations && !organisations.isEmpty())
                .map(Map.Entry::getKey);
    }

    private @Nullable Object claim(Map<String, Object> claims) {
        return claim(claims, properties.claim());
    }

    /**
     * One that has this name, or else a nested one, such as Keycloak's {@code realm_access.roles}. A name on the way may have dots itself:
     * {@code resource_access.sidecar.example.org.roles}.
     */
    private static @Nullable Object claim(Map<?, ?> claims, String path) {
        Object whole = claims.get(path);
        for (int dot = path.indexOf('.'); whole == null && dot > 0; dot = path.indexOf('.', dot + 1)) {
            if (claims.get(path.substring(0, dot)) instanceof Map<?, ?> inner) {
                whole = claim(inner, path.substring(dot + 1));
            }
        }
        return whole;
    }

    private static String listed(Set<String> groups) {
        String all = groups.stream().sorted().limit(LOGGED_GROUPS).collect(Collectors.joining(", "));
        return HostileText.forLog(all.length() <= LONGEST_LOGGED ? all : all.substring(0, LONGEST_LOGGED) + "…");
    }

    /** Of the token's claims those are kept that say who it is, and of which session there; the token itself, for the logout there. */
    private static final class Person extends DefaultOidcUser {

        private static final long serialVersionUID = 1L;

        private final String who;

        Person(String who, OidcIdToken token, String subject, Role role) {
            super(
                    List.<GrantedAuthority>copyOf(role.authorities()),
                    new OidcIdToken(token.getTokenValue(), null, null, kept(token, subject)));
            this.who = who;
        }

        private static Map<String, Object> kept(OidcIdToken token, String subject) {
            return token.getClaims().get("sid") instanceof String session
                    ? Map.of(IdTokenClaimNames.SUB, subject, "sid", session)
                    : Map.of(IdTokenClaimNames.SUB, subject);
        }

        @Override
        public String getName() {
            return who;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Person person && person.who.equals(who) && super.equals(other);
        }

        @Override
        public int hashCode() {
            return who.hashCode();
        }
    }
}
