package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.secrets.Secret;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Logs in whoever started the sidecar by a link in the terminal: once, within minutes of the start, and only from this machine. The link
 * is as good as the password, so the first use ends it, and a wrong token counts as a failed login.
 */
final class LoginLink extends OncePerRequestFilter {

    static final String PATH = "/login/once";
    static final Duration LIFE = Duration.ofMinutes(10);
    private static final Logger log = LoggerFactory.getLogger(LoginLink.class);

    private final AtomicReference<@Nullable Secret> token;
    private final Instant end;
    private final LoginSessions sessions;
    private final LoginAttempts attempts;
    private final AccessMetrics metrics;
    private final Clock clock;
    private final HttpSessionSecurityContextRepository contexts = new HttpSessionSecurityContextRepository();

    LoginLink(
            @Nullable Secret token,
            LoginSessions sessions,
            LoginAttempts attempts,
            AccessMetrics metrics,
            Clock clock) {
        this.token = new AtomicReference<>(token);
        this.end = clock.instant().plus(LIFE);
        this.sessions = sessions;
        this.attempts = attempts;
        this.metrics = metrics;
        this.clock = clock;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !PATH.equals(request.getServletPath());
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String address = String.valueOf(request.getRemoteAddr());
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("Referrer-Policy", "no-referrer");
        Secret offered = token.get();
        if (!"GET".equals(request.getMethod())
                || offered == null
                || !clock.instant().isBefore(end)
                || !isThisMachine(request, address)) {
            response.sendRedirect("/login");
            return;
        }
        if (!attempts.await(address)) {
            metrics.refused(Refusal.LOCKED);
            response.sendRedirect("/login");
            return;
        }
        if (!offered.matches(String.valueOf(request.getParameter("token")))) {
            attempts.failed();
            metrics.refused(Refusal.PASSWORD);
            log.atWarn()
                    .addKeyValue("client_ip", address)
                    .addKeyValue("action", "log in")
                    .addKeyValue("result", "refused: wrong link")
                    .log("login refused: wrong login link");
            response.sendRedirect("/login?error");
            return;
        }
        if (token.compareAndSet(offered, null)) {
            logIn(request, response);
            log.atInfo()
                    .addKeyValue("client_ip", address)
                    .addKeyValue("who", AdminLogin.USER)
                    .addKeyValue("action", "log in")
                    .addKeyValue("result", "accepted: login link")
                    .log("logged in by the link of the start, which is now used up");
            response.sendRedirect("/readiness");
        } else {
            response.sendRedirect("/login");
        }
    }

    private void logIn(HttpServletRequest request, HttpServletResponse response) {
        // A session that somebody else may know must not become a person's.
        if (request.getSession(false) != null) {
            request.getSession().invalidate();
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(
                UsernamePasswordAuthenticationToken.authenticated(AdminLogin.USER, null, Role.ADMIN.authorities()));
        contexts.saveContext(context, request, response);
        sessions.begun(request);
    }

    /** A forwarded request may come from anywhere, and a name other than this machine's may be a foreign page's. */
    private static boolean isThisMachine(HttpServletRequest request, String address) throws IOException {
        return InetAddress.getByName(address).isLoopbackAddress()
                && request.getHeader("X-Forwarded-For") == null
                && request.getHeader("Forwarded") == null
                && List.of("localhost", "127.0.0.1", "[::1]").contains(request.getServerName());
    }
}
