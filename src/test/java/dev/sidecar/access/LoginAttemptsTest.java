package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.MutableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoginAttemptsTest {

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private final LoginAttempts attempts = new LoginAttempts(3, Duration.ofMinutes(5), clock);

    @Test
    void locksAnAddressAfterTheAllowedFailuresAndNoOther() {
        fail("10.0.0.1", 2);
        assertThat(attempts.isLocked("10.0.0.1")).isFalse();
        fail("10.0.0.1", 1);

        assertThat(attempts.isLocked("10.0.0.1")).isTrue();
        assertThat(attempts.isLocked("10.0.0.2")).isFalse();
    }

    @Test
    void opensAgainAfterTheTimeSinceTheLastFailure() {
        fail("10.0.0.1", 3);
        clock.tick(Duration.ofMinutes(4));
        fail("10.0.0.1", 1);
        clock.tick(Duration.ofMinutes(4));
        assertThat(attempts.isLocked("10.0.0.1")).isTrue();
        clock.tick(Duration.ofMinutes(1));

        assertThat(attempts.isLocked("10.0.0.1")).isFalse();
    }

    @Test
    void aLoginForgetsTheFailuresBeforeIt() {
        fail("10.0.0.1", 2);
        attempts.succeeded("10.0.0.1");
        fail("10.0.0.1", 2);

        assertThat(attempts.isLocked("10.0.0.1")).isFalse();
    }

    @Test
    void remembersAThousandAddressesAtMost() {
        fail("10.0.0.1", 3);
        for (int i = 0; i < 1000; i++) {
            fail("2001:db8::" + i, 1);
        }

        assertThat(attempts.isLocked("10.0.0.1")).isFalse();
        fail("2001:db8::999", 2);
        assertThat(attempts.isLocked("2001:db8::999")).isTrue();
    }

    private void fail(String address, int times) {
        for (int i = 0; i < times; i++) {
            attempts.failed(address);
        }
    }
}
