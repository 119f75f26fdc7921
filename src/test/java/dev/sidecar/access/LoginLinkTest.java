package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.secrets.Secret;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class LoginLinkTest {

    private static final String TOKEN = "0123456789012345678901234567890123456789";

    private final MutableClock clock = new MutableClock("2026-11-27T12:00:00Z");
    private final LoginAttempts attempts =
            new LoginAttempts(3, Duration.ofMinutes(5), LoginAttempts.Pace.NORMAL, clock);

    @Test
    void itLivesForTenMinutes() throws Exception {
        LoginLink link = link(Secret.of(TOKEN));
        clock.tick(LoginLink.LIFE.minusSeconds(1));
        assertThat(follow(link("of another start"), "127.0.0.1", "localhost", TOKEN))
                .isEqualTo("/login?error");
        assertThat(follow(link, "127.0.0.1", "localhost", TOKEN)).isEqualTo("/readiness");

        LoginLink late = link(Secret.of(TOKEN));
        clock.tick(LoginLink.LIFE);
        assertThat(follow(late, "127.0.0.1", "localhost", TOKEN)).isEqualTo("/login");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, localhost, /readiness",
        "::1, localhost, /readiness",
        "127.0.0.1, evil.example, /login",
        "192.0.2.7, localhost, /login",
        "10.0.0.1, 127.0.0.1, /login"
    })
    void itIsForThisMachine(String address, String host, String leadsTo) throws Exception {
        assertThat(follow(link(Secret.of(TOKEN)), address, host, TOKEN)).isEqualTo(leadsTo);
    }

    @Test
    void withoutATokenThereIsNoLink() throws Exception {
        assertThat(follow(
                        new LoginLink(null, sessions(), attempts, metrics(), clock), "127.0.0.1", "localhost", "null"))
                .isEqualTo("/login");
    }

    private LoginLink link(String token) {
        return link(Secret.of(token));
    }

    private LoginLink link(Secret token) {
        return new LoginLink(token, sessions(), attempts, metrics(), clock);
    }

    private LoginSessions sessions() {
        return new LoginSessions(
                new Credentials(Secret.of("password"), Secret.of("webhook-token"), Secret.of("metrics-token")),
                Duration.ofHours(12),
                (person, begun) -> false,
                clock);
    }

    private static AccessMetrics metrics() {
        return new AccessMetrics(new SimpleMeterRegistry());
    }

    private static String follow(LoginLink link, String address, String host, String token) throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", LoginLink.PATH);
        request.setServletPath(LoginLink.PATH);
        request.setRemoteAddr(address);
        request.setServerName(host);
        request.setParameter("token", token);
        MockHttpServletResponse response = new MockHttpServletResponse();
        link.doFilter(request, response, new MockFilterChain());
        return String.valueOf(response.getRedirectedUrl());
    }
}
