package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.secrets.Secret;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/** The one user, {@code admin}. Every login, refused or not, leaves a line. */
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
        if (attempts.isLocked(address)) {
            metrics.refused(Refusal.LOCKED);
            log.atWarn().addKeyValue("client_ip", address).log("login refused, address locked after too many failures");
            throw new LockedException("Too many failed logins from this address.");
        }
        // Both are compared, always, so that the time tells nothing about the name.
        boolean right = password.matches(String.valueOf(presented.getCredentials())) & USER.equals(presented.getName());
        if (!right) {
            attempts.failed(address);
            metrics.refused(Refusal.PASSWORD);
            log.atWarn().addKeyValue("client_ip", address).log("login refused, wrong user or password");
            throw new BadCredentialsException("Wrong user or password.");
        }
        attempts.succeeded(address);
        return UsernamePasswordAuthenticationToken.authenticated(
                USER, null, List.of(new SimpleGrantedAuthority("ROLE_ADMIN")));
    }

    @Override
    public boolean supports(Class<?> type) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
    }
}
