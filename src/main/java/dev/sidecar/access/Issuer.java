package dev.sidecar.access;

import dev.sidecar.text.HostileText;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenValidator;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.converter.ClaimTypeConverter;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.web.client.RestClientException;
import org.springframework.web.util.UriComponentsBuilder;
import tools.jackson.databind.JsonNode;

/**
 * Knows the issuer's addresses and keys. It asks for them when somebody wants to log in, not at the start: an issuer that is away then must
 * not keep the sidecar from starting, and one that comes back is known again by itself.
 */
final class Issuer implements IssuerLogin, ClientRegistrationRepository, JwtDecoderFactory<ClientRegistration> {

    static final String ID = "oidc";

    private static final Logger log = LoggerFactory.getLogger(Issuer.class);
    private static final String LEAVING = Issuer.class.getName() + ".leaving";
    /** Longer addresses are not taken everywhere. */
    private static final int LONGEST_HINT = 4_000;

    private static final Duration HOLDS = Duration.ofMinutes(1);
    private static final Duration FAILURE_HOLDS = Duration.ofSeconds(5);

    private final OidcProperties properties;
    private final IssuerClient client;
    private final Clock clock;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile @Nullable Known known;
    private volatile @Nullable Instant failed;

    /** @param metadata what the issuer said of itself, to tell whether it changed */
    private record Known(JsonNode metadata, Registered registered, Instant at) {}

    /** The configuration that follows from the metadata. */
    private static final class Registered {

        private final ClientRegistration registration;
        private final JwtDecoder decoder;
        private final JwtDecoder decoderOfLogouts;
        private final Optional<URI> logout;

        Registered(
                ClientRegistration registration,
                JwtDecoder decoder,
                JwtDecoder decoderOfLogouts,
                Optional<URI> logout) {
            this.registration = registration;
            this.decoder = decoder;
            this.decoderOfLogouts = decoderOfLogouts;
            this.logout = logout;
        }
    }

    Issuer(OidcProperties properties, IssuerClient client, Clock clock) {
        this.properties = properties;
        this.client = client;
        this.clock = clock;
    }

    @Override
    public Optional<String> host() {
        return Optional.ofNullable(properties.issuer())
                .filter(on -> properties.isOn())
                .map(URI::getHost);
    }

    @Override
    public boolean answers() {
        look();
        return known != null && failed == null;
    }

    @Override
    public Optional<URI> logout(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        Object hint = session == null ? null : session.getAttribute(LEAVING);
        Known now = known;
        return now == null
                ? Optional.empty()
                : now.registered().logout.map(page -> {
                    UriComponentsBuilder link =
                            UriComponentsBuilder.fromUri(page).queryParam("client_id", "{client}");
                    if (hint instanceof String token && token.length() <= LONGEST_HINT) {
                        link.queryParam("id_token_hint", token);
                    }
                    return link.encode().build(properties.clientId());
                });
    }

    /** Remembers in the session of whoever logs out who it was: without that, some issuers refuse the logout and others ask once more. */
    void leaving(HttpServletRequest request, @Nullable Authentication login) {
        if (login != null && login.getPrincipal() instanceof OidcUser person) {
            request.getSession().setAttribute(LEAVING, person.getIdToken().getTokenValue());
        }
    }

    /** Reads tokens by which the issuer says that somebody logged out; checks their signature and times alone. Empty if it does not answer. */
    Optional<JwtDecoder> decoderOfLogouts() {
        if (known == null) {
            look();
        }
        Known now = known;
        return now == null ? Optional.empty() : Optional.of(now.registered().decoderOfLogouts);
    }

    @Override
    public @Nullable ClientRegistration findByRegistrationId(String id) {
        if (!ID.equals(id) || !properties.isOn()) {
            return null;
        }
        if (known == null) {
            look();
        }
        Known now = known;
        return now == null ? null : now.registered().registration;
    }

    @Override
    public JwtDecoder createDecoder(ClientRegistration registration) {
        Known now = Objects.requireNonNull(known, "a registration comes from what is known");
        return now.registered().decoder;
    }

    /** Asks once at a time; whoever comes meanwhile is told what was known before. */
    private void look() {
        if (!properties.isOn() || isFresh() || !asking.tryLock()) {
            return;
        }
        try {
            if (!isFresh()) {
                JsonNode metadata = metadata();
                Known before = known;
                Registered registered = before != null && before.metadata().equals(metadata)
                        ? before.registered()
                        : registered(metadata);
                known = new Known(metadata, registered, clock.instant());
                failed = null;
            }
        } catch (RestClientException | IllegalArgumentException e) {
            failed = clock.instant();
            log.atWarn()
                    .addKeyValue("issuer", String.valueOf(properties.issuer()))
                    .addKeyValue("reason", HostileText.forLog(String.valueOf(e.getMessage())))
                    .log("the login issuer returned no usable response");
        } finally {
            asking.unlock();
        }
    }

    private boolean isFresh() {
        Instant now = clock.instant();
        Instant failure = failed;
        Known last = known;
        return failure != null
                ? now.isBefore(failure.plus(FAILURE_HOLDS))
                : last != null && now.isBefore(last.at().plus(HOLDS));
    }

    private JsonNode metadata() {
        String address = issuer().toString().replaceAll("/$", "") + "/.well-known/openid-configuration";
        JsonNode metadata =
                client.plain().get().uri(URI.create(address)).retrieve().body(JsonNode.class);
        if (metadata == null || !metadata.isObject()) {
            throw new IllegalArgumentException("its configuration is no JSON object");
        }
        if (!issuer().toString().equals(metadata.path("issuer").asString(""))) {
            throw new IllegalArgumentException("it calls itself '%s'"
                    .formatted(shortened(metadata.path("issuer").asString(""))));
        }
        return metadata;
    }

    private Registered registered(JsonNode metadata) {
        URI keys = required(metadata, "jwks_uri");
        ClientRegistration registration = ClientRegistration.withRegistrationId(ID)
                .clientId(properties.clientId())
                .clientSecret(Objects.requireNonNull(properties.clientSecret()).reveal())
                .clientName(ID)
                .clientAuthenticationMethod(method(metadata))
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .redirectUri("{baseUrl}/login/oauth2/code/{registrationId}")
                .scope(Stream.concat(Stream.of("openid"), properties.scopes().stream())
                        .distinct()
                        .toList())
                .authorizationUri(required(metadata, "authorization_endpoint").toString())
                .tokenUri(required(metadata, "token_endpoint").toString())
                .jwkSetUri(keys.toString())
                .issuerUri(issuer().toString())
                .userInfoUri(IssuerAddress.read(
                                issuer(), metadata.path("userinfo_endpoint").asString(""))
                        .map(URI::toString)
                        .orElse(null))
                .userNameAttributeName("sub")
                .clientSettings(ClientRegistration.ClientSettings.builder()
                        .requireProofKey(true)
                        .build())
                .build();
        String logout = metadata.path("end_session_endpoint").asString("");
        NimbusJwtDecoder decoder = decoder(keys);
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
                new JwtTimestampValidator(), new OidcIdTokenValidator(registration)));
        decoder.setClaimSetConverter(
                new ClaimTypeConverter(OidcIdTokenDecoderFactory.createDefaultClaimTypeConverters()));
        NimbusJwtDecoder decoderOfLogouts = decoder(keys);
        JwtTimestampValidator times = new JwtTimestampValidator();
        times.setClock(clock);
        decoderOfLogouts.setJwtValidator(times);
        return new Registered(registration, decoder, decoderOfLogouts, IssuerAddress.read(issuer(), logout));
    }

    /** Keys of both sides alone: with a shared secret, whoever verifies could sign. */
    private NimbusJwtDecoder decoder(URI keys) {
        return NimbusJwtDecoder.withJwkSetUri(keys.toString())
                .restOperations(client.forKeys())
                .jwsAlgorithms(algorithms -> algorithms.addAll(List.of(SignatureAlgorithm.values())))
                // Tokens of a logout call themselves logout+jwt. What tells the kinds apart is nonce and event, which
                // are checked.
                .jwtProcessorCustomizer(processor -> processor.setJWSTypeVerifier((type, context) -> {}))
                .build();
    }

    private URI required(JsonNode metadata, String name) {
        String given = metadata.path(name).asString("");
        return IssuerAddress.read(issuer(), given)
                .orElseThrow(() -> new IllegalArgumentException(
                        "its %s is '%s', which is not an address with TLS".formatted(name, shortened(given))));
    }

    private static ClientAuthenticationMethod method(JsonNode metadata) {
        List<String> offered = metadata.path("token_endpoint_auth_methods_supported")
                .valueStream()
                .map(method -> method.asString(""))
                .toList();
        return offered.isEmpty() || offered.contains("client_secret_basic")
                ? ClientAuthenticationMethod.CLIENT_SECRET_BASIC
                : ClientAuthenticationMethod.CLIENT_SECRET_POST;
    }

    private URI issuer() {
        return Objects.requireNonNull(properties.issuer());
    }

    private static String shortened(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }
}
