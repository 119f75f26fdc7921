package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.access.ApiTokens.Token;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.authentication.WebAuthenticationDetailsSource;
import org.springframework.web.filter.OncePerRequestFilter;

/** Logs in the script that presents a token, for this one request. Wrong tokens are slowed down like wrong passwords. */
final class TokenLogin extends OncePerRequestFilter {

    private static final Logger log = LoggerFactory.getLogger(TokenLogin.class);

    private final ApiTokens tokens;
    private final LoginAttempts attempts;
    private final AccessMetrics metrics;
    private final Refused refused;
    private final Clock clock;

    TokenLogin(ApiTokens tokens, LoginAttempts attempts, AccessMetrics metrics, Refused refused, Clock clock) {
        this.tokens = tokens;
        this.attempts = attempts;
        this.metrics = metrics;
        this.refused = refused;
        this.clock = clock;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !BearerToken.isPresent(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String address = String.valueOf(request.getRemoteAddr());
        if (!attempts.await(address)) {
            metrics.refused(Refusal.LOCKED);
            refused.commence(request, response, new LockedException("Too many logins at once."));
            return;
        }
        Optional<Token> found = BearerToken.of(request).flatMap(tokens::find);
        if (found.isEmpty()) {
            attempts.failed();
            refuse(response, address, "nobody", "wrong token", "The token is wrong, or it was revoked.");
            return;
        }
        Token token = found.get();
        // The right token of a script that nobody renewed is no guess, and must not slow down everybody else.
        if (!clock.instant().isBefore(token.expires())) {
            refuse(
                    response,
                    address,
                    who(token),
                    "expired token",
                    "The token %s expired at %s. Make a new one: sidecar token add %s"
                            .formatted(token.name(), token.expires(), token.name()));
            return;
        }
        if (!request.getServletPath().startsWith("/api/")) {
            refuse(response, address, who(token), "token at a page", "A token is for the API, below /api/.");
            return;
        }
        attempts.succeeded(address);
        UsernamePasswordAuthenticationToken login = UsernamePasswordAuthenticationToken.authenticated(
                who(token), null, token.role().authorities());
        login.setDetails(new WebAuthenticationDetailsSource().buildDetails(request));
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(login);
        SecurityContextHolder.setContext(context);
        chain.doFilter(request, response);
    }

    private static String who(Token token) {
        return "token:" + token.name();
    }

    private void refuse(HttpServletResponse response, String address, String who, String what, String detail)
            throws IOException {
        metrics.refused(Refusal.API_TOKEN);
        log.atWarn()
                .addKeyValue("client_ip", address)
                .addKeyValue("who", who)
                .addKeyValue("action", "log in")
                .addKeyValue("result", "refused: " + what)
                .log("login refused: {}", what);
        response.setHeader("WWW-Authenticate", "Bearer realm=\"sidecar\", error=\"invalid_token\"");
        Refused.answer(response, HttpStatus.UNAUTHORIZED, detail);
    }
}
