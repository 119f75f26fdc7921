package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.text.HostileText;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2AccessTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2AuthorizationCodeGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientAuthorizationCodeTokenResponseClient;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestRedirectFilter;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthorizationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.endpoint.OAuth2AccessTokenResponse;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestClientResponseException;
import org.springframework.web.filter.OncePerRequestFilter;

/** Adds the login at the issuer to the door of persons: code flow with PKCE, state and nonce, all of them Spring Security's. */
final class OidcLogin extends OncePerRequestFilter implements AuthenticationFailureHandler {

    private static final Logger log = LoggerFactory.getLogger(OidcLogin.class);
    private static final String BEGINNINGS = "/oauth2/authorization/";
    private static final String RETURNS = "/login/oauth2/code/";
    private static final int LONGEST_LOGGED = 1_000;

    private final Issuer issuer;
    private final OidcProperties properties;
    private final IssuerClient client;
    private final LoginAttempts attempts;
    private final AccessMetrics metrics;

    OidcLogin(
            Issuer issuer,
            OidcProperties properties,
            IssuerClient client,
            LoginAttempts attempts,
            AccessMetrics metrics) {
        this.issuer = issuer;
        this.properties = properties;
        this.client = client;
        this.attempts = attempts;
        this.metrics = metrics;
    }

    void addTo(HttpSecurity http, LoginSessions sessions) throws Exception {
        if (!properties.isOn()) {
            return;
        }
        http.addFilterBefore(this, OAuth2AuthorizationRequestRedirectFilter.class)
                .oauth2Login(login -> login.loginPage("/login")
                        .clientRegistrationRepository(issuer)
                        .authorizedClientRepository(new NothingKept())
                        .tokenEndpoint(endpoint -> endpoint.accessTokenResponseClient(exchange()))
                        .userInfoEndpoint(endpoint -> endpoint.oidcUserService(new OidcPersons(properties, client)))
                        .successHandler(sessions.onLogin())
                        .failureHandler(this));
    }

    /** An answer of the wrong shape is the issuer's fault, and no exception of ours. */
    private OAuth2AccessTokenResponseClient<OAuth2AuthorizationCodeGrantRequest> exchange() {
        RestClientAuthorizationCodeTokenResponseClient tokens = new RestClientAuthorizationCodeTokenResponseClient();
        tokens.setRestClient(client.forTokens());
        return code -> {
            OAuth2AccessTokenResponse answer;
            try {
                answer = tokens.getTokenResponse(code);
            } catch (IllegalArgumentException | ClassCastException e) {
                throw new OAuth2AuthorizationException(
                        new OAuth2Error("unusable_token_response", String.valueOf(e.getMessage()), null), e);
            }
            if (!(answer.getAdditionalParameters().get("id_token") instanceof String token) || token.isBlank()) {
                throw new OAuth2AuthorizationException(new OAuth2Error("invalid_id_token", "there is none", null));
            }
            return answer;
        };
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String path = request.getServletPath();
        if (path.startsWith(BEGINNINGS) && !path.equals(IssuerLogin.PATH)) {
            response.sendRedirect("/login");
        } else if (path.equals(IssuerLogin.PATH) && !issuer.answers()) {
            tell(response, IssuerLogin.Refusal.ISSUER);
        } else if (path.startsWith(RETURNS) && !attempts.await(String.valueOf(request.getRemoteAddr()))) {
            // Whoever returns makes us ask the issuer, and may do so with a code that he made up.
            metrics.refused(Refusal.LOCKED);
            tell(response, IssuerLogin.Refusal.BUSY);
        } else {
            chain.doFilter(request, response);
        }
    }

    @Override
    public void onAuthenticationFailure(
            HttpServletRequest request, HttpServletResponse response, AuthenticationException failure)
            throws IOException {
        IssuerLogin.Refusal refusal = refusal(failure);
        if (refusal == IssuerLogin.Refusal.TOKEN || refusal == IssuerLogin.Refusal.REFUSED) {
            attempts.failed();
        }
        metrics.refused(Refusal.ISSUER);
        String why = HostileText.forLog(String.valueOf(failure.getMessage()));
        log.atWarn()
                .addKeyValue("client_ip", request.getRemoteAddr())
                .addKeyValue("action", "log in")
                .addKeyValue("result", "refused: " + refusal.name().toLowerCase(Locale.ROOT))
                .addKeyValue("reason", why.length() <= LONGEST_LOGGED ? why : why.substring(0, LONGEST_LOGGED) + "…")
                .log("login at the issuer refused");
        tell(response, refusal);
    }

    private static void tell(HttpServletResponse response, IssuerLogin.Refusal refusal) throws IOException {
        response.sendRedirect("/login?refused=" + refusal.name().toLowerCase(Locale.ROOT));
    }

    private static IssuerLogin.Refusal refusal(AuthenticationException failure) {
        String code = failure instanceof OAuth2AuthenticationException known
                ? known.getError().getErrorCode()
                : "";
        return switch (code) {
            case OidcPersons.NO_ROLE -> IssuerLogin.Refusal.NO_ROLE;
            case "invalid_id_token", "invalid_nonce" -> IssuerLogin.Refusal.TOKEN;
            case "access_denied" -> IssuerLogin.Refusal.CANCELLED;
            case "authorization_request_not_found", "invalid_state_parameter", "invalid_request" ->
                IssuerLogin.Refusal.STALE;
            case "client_registration_not_found", OidcPersons.NO_USER_INFO -> IssuerLogin.Refusal.ISSUER;
            case "invalid_token_response" ->
                gaveNoAnswer(failure) ? IssuerLogin.Refusal.ISSUER : IssuerLogin.Refusal.REFUSED;
            default -> IssuerLogin.Refusal.REFUSED;
        };
    }

    private static boolean gaveNoAnswer(Throwable failure) {
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof RestClientResponseException answered) {
                return !answered.getStatusCode().is4xxClientError();
            }
            if (cause instanceof RestClientException) {
                return true;
            }
        }
        return false;
    }

    /** The tokens of the issuer would let us act for the person there; nobody here wants that. */
    private static final class NothingKept implements OAuth2AuthorizedClientRepository {

        @Override
        public <T extends OAuth2AuthorizedClient> @Nullable T loadAuthorizedClient(
                String registration, Authentication person, HttpServletRequest request) {
            return null;
        }

        @Override
        public void saveAuthorizedClient(
                OAuth2AuthorizedClient client,
                Authentication person,
                HttpServletRequest request,
                HttpServletResponse response) {
            // See above.
        }

        @Override
        public void removeAuthorizedClient(
                String registration, Authentication person, HttpServletRequest request, HttpServletResponse response) {
            // There is none.
        }
    }
}
