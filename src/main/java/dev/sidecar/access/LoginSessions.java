package dev.sidecar.access;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.function.BiPredicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Ends every session that is too old, however busy it is, and every one that began with another password than today's, or that the issuer
 * ended. Sessions are in memory and end with the process, as the password
 * does; this holds also where somebody keeps them in a store.
 */
final class LoginSessions extends OncePerRequestFilter {

    private static final String MARK = LoginSessions.class.getName();
    private static final String BEGUN = MARK + ".begun";

    private final String ofThisPassword;
    private final Duration lifetime;
    private final BiPredicate<OidcUser, Instant> isOver;
    private final Clock clock;

    /** @param isOver whether the issuer has ended the session of a person that began then */
    LoginSessions(Credentials credentials, Duration lifetime, BiPredicate<OidcUser, Instant> isOver, Clock clock) {
        this.isOver = isOver;
        this.ofThisPassword = mark(credentials);
        this.lifetime = lifetime;
        this.clock = clock;
    }

    /** Marks the session of a login. */
    SavedRequestAwareAuthenticationSuccessHandler onLogin() {
        return new SavedRequestAwareAuthenticationSuccessHandler() {
            @Override
            public void onAuthenticationSuccess(
                    HttpServletRequest request, HttpServletResponse response, Authentication login)
                    throws ServletException, IOException {
                begun(request);
                super.onAuthenticationSuccess(request, response, login);
            }
        };
    }

    /** Marks the session of a login that came another way than by the form. */
    void begun(HttpServletRequest request) {
        HttpSession session = request.getSession();
        session.setAttribute(MARK, ofThisPassword);
        session.setAttribute(BEGUN, clock.instant());
    }

    static boolean isOfALogin(HttpSession session) {
        return session.getAttribute(MARK) != null;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        HttpSession session = request.getSession(false);
        if (session != null
                && session.getAttribute(HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY) != null
                && !holds(session)) {
            session.invalidate();
        }
        chain.doFilter(request, response);
    }

    private boolean holds(HttpSession session) {
        return ofThisPassword.equals(session.getAttribute(MARK))
                && session.getAttribute(BEGUN) instanceof Instant begun
                && clock.instant().isBefore(begun.plus(lifetime))
                && !(person(session) instanceof OidcUser person && isOver.test(person, begun));
    }

    private static @Nullable Object person(HttpSession session) {
        return session.getAttribute(HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY)
                                instanceof SecurityContext context
                        && context.getAuthentication() != null
                ? context.getAuthentication().getPrincipal()
                : null;
    }

    /** A kept session must not help to guess the password: the key is the tokens, which nobody can guess. */
    private static String mark(Credentials credentials) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            String key = credentials.webhookToken().reveal()
                    + ' '
                    + credentials.metricsToken().reveal();
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of()
                    .formatHex(mac.doFinal(credentials.adminPassword().reveal().getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
