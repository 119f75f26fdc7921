package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.secrets.Secret;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;

/**
 * Lets Prometheus with its token and a logged-in person read the metrics, and nobody else: a request from the same machine may be a
 * stranger's, passed on by a proxy or sent by another user.
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
        return new AuthorizationDecision(isLoggedIn(login.get()));
    }

    private static boolean isLoggedIn(@Nullable Authentication login) {
        return login != null && login.getAuthorities().containsAll(Role.VIEWER.authorities());
    }
}
