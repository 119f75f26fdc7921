package dev.sidecar.access;

import dev.sidecar.access.AccessMetrics.Refusal;
import dev.sidecar.text.HostileText;
import jakarta.servlet.FilterChain;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets the issuer end sessions: it posts a signed token when somebody logs out there or loses the account. What is kept is not the sessions
 * but who was logged out when: a session that began before is over at its next request.
 *
 * @see <a href="https://openid.net/specs/openid-connect-backchannel-1_0.html">OpenID Connect Back-Channel Logout</a>
 */
final class BackChannelLogout extends OncePerRequestFilter {

    /** Spring Security's own address for it, which people may know. */
    static final String PATH = "/logout/connect/back-channel/oidc";

    static final int MOST = 10_000;

    private static final Logger log = LoggerFactory.getLogger(BackChannelLogout.class);
    private static final String EVENT = "http://schemas.openid.net/event/backchannel-logout";
    /** The sessions that end: every one of a person, one that has a name at the issuer, or those of a person that have none. */
    private static final String EVERY = "every of ";

    private static final String SESSION = "session ";
    private static final String NAMELESS = "nameless of ";
    private static final int LONGEST = 32_768;
    /** How far the issuer's clock may be from ours. */
    private static final Duration SKEW = Duration.ofMinutes(1);
    /** A token that is older may have been caught on its way. */
    private static final Duration OLDEST = Duration.ofMinutes(10);

    private final Issuer issuer;
    private final OidcProperties properties;
    private final LoginAttempts attempts;
    private final AccessMetrics metrics;
    private final Duration lifetime;
    private final Clock clock;
    private final Map<String, Instant> ended = new HashMap<>();
    private Instant allBefore = Instant.MIN;

    /** @param lifetime after which a session ends by itself, and with it the need to know that it is over */
    BackChannelLogout(
            Issuer issuer,
            OidcProperties properties,
            LoginAttempts attempts,
            AccessMetrics metrics,
            Duration lifetime,
            Clock clock) {
        this.issuer = issuer;
        this.properties = properties;
        this.attempts = attempts;
        this.metrics = metrics;
        this.lifetime = lifetime;
        this.clock = clock;
    }

    /** The issuer has logged this person out, or this session of theirs, after it began here. */
    boolean isOver(OidcUser person, Instant begun) {
        String session = person.getClaimAsString("sid");
        return isOver(
                List.of(
                        EVERY + person.getSubject(),
                        session == null ? NAMELESS + person.getSubject() : SESSION + session),
                begun);
    }

    private synchronized boolean isOver(List<String> names, Instant begun) {
        return Stream.concat(names.stream().map(ended::get), Stream.of(allBefore))
                .filter(Objects::nonNull)
                .anyMatch(when -> !begun.isAfter(when));
    }

    /** Whoever is forgotten would be logged in again; where there are too many, everybody has to log in anew. */
    private synchronized void end(String name, Instant when) {
        Instant oldest = clock.instant().minus(lifetime);
        ended.values().removeIf(before -> before.isBefore(oldest));
        if (ended.size() >= MOST) {
            ended.clear();
            allBefore = clock.instant();
        }
        ended.merge(name, when, (one, other) -> one.isAfter(other) ? one : other);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException {
        response.setHeader("Cache-Control", "no-store");
        if (!properties.isOn()) {
            response.setStatus(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        if (!request.getMethod().equals("POST")) {
            response.setHeader("Allow", "POST");
            response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
            return;
        }
        // Whoever posts here makes us check a signature, and perhaps ask the issuer for its keys.
        if (!attempts.await(String.valueOf(request.getRemoteAddr()))) {
            metrics.refused(Refusal.LOCKED);
            response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
            return;
        }
        Optional<String> refused = take(request.getParameter("logout_token"));
        if (refused.isEmpty()) {
            return;
        }
        attempts.failed();
        metrics.refused(Refusal.ISSUER);
        log.atWarn()
                .addKeyValue("client_ip", request.getRemoteAddr())
                .addKeyValue("action", "log out")
                .addKeyValue("reason", HostileText.forLog(refused.get()))
                .log("logout of the issuer refused");
        response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
        response.setContentType("application/json");
        response.getWriter().write("{\"error\":\"invalid_request\"}");
    }

    /** @return why it was refused; empty if it was not */
    private Optional<String> take(@Nullable String token) {
        if (token == null || token.length() > LONGEST) {
            return Optional.of("there is no logout_token, or a too long one");
        }
        Optional<JwtDecoder> decoder = issuer.decoderOfLogouts();
        if (decoder.isEmpty()) {
            return Optional.of("the issuer does not answer");
        }
        try {
            return take(decoder.get().decode(token));
        } catch (JwtException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Optional<String> take(Jwt token) {
        Instant now = clock.instant();
        Instant issued = token.getIssuedAt();
        String subject = token.getSubject();
        String session = token.getClaimAsString("sid");
        Object events = token.getClaim("events");
        if (!String.valueOf(properties.issuer()).equals(token.getClaimAsString("iss"))) {
            return Optional.of("it is of another issuer");
        }
        if (token.getAudience() == null || !token.getAudience().contains(properties.clientId())) {
            return Optional.of("it is for another client");
        }
        if (issued == null || issued.isBefore(now.minus(OLDEST)) || issued.isAfter(now.plus(SKEW))) {
            return Optional.of("it was made too long ago, or is still to be made");
        }
        if (!(events instanceof Map<?, ?> map && map.containsKey(EVENT)) || token.hasClaim("nonce")) {
            return Optional.of("it is no logout token");
        }
        if (subject == null && session == null) {
            return Optional.of("it names nobody");
        }
        // Sent again by whoever caught it, it ends nothing that began later.
        Instant when = issued.plus(SKEW).isBefore(now) ? issued.plus(SKEW) : now;
        if (session == null) {
            end(EVERY + subject, when);
        } else {
            end(SESSION + session, when);
            end(NAMELESS + subject, when);
        }
        log.atInfo()
                .addKeyValue("who", "oidc:" + HostileText.forLog(String.valueOf(subject)))
                .addKeyValue("action", "log out")
                .addKeyValue("result", session == null ? "all sessions of this person" : "one session")
                .log("logged out by the issuer");
        return Optional.empty();
    }
}
