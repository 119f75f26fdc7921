package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.secrets.Secret;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.oidc.OidcIdToken;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;

/** The shapes in which issuers send groups and roles. */
class OidcPersonsTest {

    private static final Object ROLES = List.of("sales", "ops");

    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of("groups", Map.of("groups", ROLES)),
                Arguments.of("role", Map.of("role", "ops")),
                Arguments.of("realm_access.roles", Map.of("realm_access", Map.of("roles", ROLES))),
                Arguments.of(
                        "resource_access.sidecar.example.org.roles",
                        Map.of("resource_access", Map.of("sidecar.example.org", Map.of("roles", ROLES)))),
                Arguments.of("https://example.org/roles", Map.of("https://example.org/roles", ROLES)),
                Arguments.of(
                        "urn:zitadel:iam:org:project:roles",
                        Map.of("urn:zitadel:iam:org:project:roles", Map.of("ops", Map.of("17", "example.org")))));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void rolesAreFoundInTheShapesOfIssuers(String claim, Map<String, Object> claims) {
        OidcUser person = person(claim, claims);

        assertThat(List.<Object>copyOf(person.getAuthorities()))
                .containsExactlyInAnyOrderElementsOf(Role.OPERATOR.authorities());
    }

    static Stream<Arguments> noRoles() {
        return Stream.of(
                Arguments.of("groups", Map.of("groups", "sales,ops")),
                Arguments.of("groups", Map.of("groups", List.of(Map.of("name", "ops")))),
                Arguments.of("groups", Map.of("groups", 42)),
                Arguments.of("groups", Map.of("groups", Map.of("ops", false))),
                Arguments.of("groups", Map.of("groups", Map.of("ops", Map.of()))),
                Arguments.of("realm_access.roles", Map.of("realm_access", List.of("ops"))),
                Arguments.of("realm_access.roles", Map.of("roles", ROLES)));
    }

    /** A word that only contains the name of a group is not that group. */
    @ParameterizedTest
    @MethodSource("noRoles")
    void whatIsNoListOfNamesGivesNoRole(String claim, Map<String, Object> claims) {
        assertThatThrownBy(() -> person(claim, claims)).isInstanceOf(OAuth2AuthenticationException.class);
    }

    @Test
    void ofItsClaimsOnlyThoseAreKeptThatSayWhoseSessionItIs() {
        OidcUser person = person("groups", Map.of("groups", ROLES, "sid", "desk", "email", "a@example.org"));

        assertThat(person.getClaims()).isEqualTo(Map.of("sub", "a-1", "sid", "desk"));
    }

    private static OidcUser person(String claim, Map<String, Object> claims) {
        OidcProperties properties = new OidcProperties(
                URI.create("https://login.example.org"),
                "sidecar",
                Secret.of("secret"),
                List.of(),
                claim,
                List.of("viewers"),
                List.of("ops"),
                null);
        ClientRegistration registration = ClientRegistration.withRegistrationId("oidc")
                .clientId("sidecar")
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .redirectUri("https://sidecar.example.org/login")
                .authorizationUri("https://login.example.org/authorize")
                .tokenUri("https://login.example.org/token")
                .build();
        Instant now = Instant.now();
        Map<String, Object> all = new java.util.HashMap<>(claims);
        all.put("sub", "a-1");
        return new OidcPersons(properties, new IssuerClient(null))
                .loadUser(new OidcUserRequest(
                        registration,
                        new OAuth2AccessToken(OAuth2AccessToken.TokenType.BEARER, "a", now, now.plusSeconds(60)),
                        new OidcIdToken("token", now, now.plusSeconds(60), all)));
    }
}
