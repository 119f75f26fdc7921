package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.secrets.Secret;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;

/**
 * Lets Prometheus with its token, a logged-in person and the machine itself read the metrics: nobody else reaches a container's loopback
 * address. A forwarded request does not come from the machine itself.
 */
final class MetricsAccess implements AuthorizationManager<RequestAuthorizationContext> {

    private final Secret token;
    private final AccessMetrics metrics;

    MetricsAccess(Secret token, AccessMetrics metrics) {
        this.token = token;
        this.metrics = metrics;
    }

    @Override
    public AuthorizationDecision authorize(
            Supplier<? extends @Nullable Authentication> login, RequestAuthorizationContext context) {
        HttpServletRequest request = context.getRequest();
        if (BearerToken.isPresent(request)) {
            boolean right = BearerToken.is(token, request);
            if (!right) {
                metrics.refused(Refusal.METRICS_TOKEN);
            }
            return new AuthorizationDecision(right);
        }
        return new AuthorizationDecision(isFromHere(request) || isLoggedIn(login.get()));
    }

    private static boolean isLoggedIn(@Nullable Authentication login) {
        return login != null
                && login.getAuthorities().stream().anyMatch(authority -> "ROLE_ADMIN".equals(authority.getAuthority()));
    }

    private static boolean isFromHere(HttpServletRequest request) {
        try {
            return request.getHeader("X-Forwarded-For") == null
                    && request.getHeader("Forwarded") == null
                    && InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
