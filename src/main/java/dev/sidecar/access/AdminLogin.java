package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.secrets.Secret;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/** Checks the password of the one user, {@code admin}, and logs every refused login; {@link ActionAudit} logs the accepted ones of persons. */
final class AdminLogin implements AuthenticationProvider {

    static final String USER = "admin";
    private static final Logger log = LoggerFactory.getLogger(AdminLogin.class);

    private final Secret password;
    private final LoginAttempts attempts;
    private final AccessMetrics metrics;

    AdminLogin(Secret password, LoginAttempts attempts, AccessMetrics metrics) {
        this.password = password;
        this.attempts = attempts;
        this.metrics = metrics;
    }

    @Override
    public Authentication authenticate(Authentication presented) {
        String address = presented.getDetails() instanceof WebAuthenticationDetails details
                ? String.valueOf(details.getRemoteAddress())
                : "unknown";
        if (!attempts.await(address)) {
            metrics.refused(Refusal.LOCKED);
            line(address, "refused: too many at once").log("login refused: too many wait for their turn");
            throw new LockedException("Too many logins at once.");
        }
        // Always compare both, so that the time says nothing about the name.
        boolean right = password.matches(String.valueOf(presented.getCredentials())) & USER.equals(presented.getName());
        if (!right) {
            attempts.failed();
            metrics.refused(Refusal.PASSWORD);
            line(address, "refused: wrong user or password").log("login refused: wrong user or password");
            throw new BadCredentialsException("Wrong user or password.");
        }
        attempts.succeeded(address);
        return UsernamePasswordAuthenticationToken.authenticated(USER, null, Role.ADMIN.authorities());
    }

    /** Leaves out the given name: people type their password there. */
    private static LoggingEventBuilder line(String address, String result) {
        return log.atWarn()
                .addKeyValue("client_ip", address)
                .addKeyValue("action", "log in")
                .addKeyValue("result", result);
    }

    @Override
    public boolean supports(Class<?> type) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
    }
}
