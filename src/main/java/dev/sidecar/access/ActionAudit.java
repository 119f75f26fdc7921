package dev.sidecar.access;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.event.InteractiveAuthenticationSuccessEvent;
import org.springframework.security.authentication.event.LogoutSuccessEvent;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Writes an audit line for every change over the API, for every change that a role does not allow, and for every login and logout: who,
 * what, when, with which result. The pages write their own lines of what was allowed, which say more.
 */
final class ActionAudit extends OncePerRequestFilter {

    private static final Logger log = LoggerFactory.getLogger("audit");
    private static final Set<String> LOOKING = Set.of("GET", "HEAD", "OPTIONS");

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return LOOKING.contains(request.getMethod());
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String result = null;
        try {
            chain.doFilter(request, response);
        } catch (AccessDeniedException e) {
            result = "refused: not allowed for this role";
            throw e;
        } finally {
            if (result == null && request.getRequestURI().startsWith("/api/")) {
                result = String.valueOf(response.getStatus());
            }
            if (result != null && request.getRemoteUser() != null) {
                line(request, result);
            }
        }
    }

    private static void line(HttpServletRequest request, String result) {
        log.atInfo()
                .addKeyValue("who", request.getRemoteUser())
                .addKeyValue("action", request.getMethod())
                .addKeyValue("what", request.getRequestURI())
                .addKeyValue("result", result)
                .log(result.startsWith("refused") ? "action refused" : "action taken");
    }

    @EventListener
    void loggedIn(InteractiveAuthenticationSuccessEvent event) {
        line(event.getAuthentication(), "log in");
    }

    @EventListener
    void loggedOut(LogoutSuccessEvent event) {
        line(event.getAuthentication(), "log out");
    }

    private static void line(Authentication who, String action) {
        log.atInfo()
                .addKeyValue("who", who.getName())
                .addKeyValue("action", action)
                .addKeyValue(
                        "client_ip",
                        who.getDetails() instanceof WebAuthenticationDetails details
                                ? details.getRemoteAddress()
                                : "unknown")
                .addKeyValue("result", "accepted")
                .log("action taken");
    }
}
