package dev.sidecar.access;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts failed logins by address. An address that fails too often is locked out for a while, even if its next password is right, so
 * that nobody can try a list of passwords. It remembers a thousand addresses and then forgets the oldest.
 */
final class LoginAttempts {

    private static final int ADDRESSES = 1000;

    private record Failures(int count, Instant last) {}

    private final int allowed;
    private final Duration lockedFor;
    private final Clock clock;
    private final Map<String, Failures> failures = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
            return size() > ADDRESSES;
        }
    };

    LoginAttempts(int allowed, Duration lockedFor, Clock clock) {
        this.allowed = allowed;
        this.lockedFor = lockedFor;
        this.clock = clock;
    }

    Duration lockedFor() {
        return lockedFor;
    }

    synchronized boolean isLocked(String address) {
        Failures of = current(address);
        return of != null && of.count() >= allowed;
    }

    synchronized void failed(String address) {
        Failures before = current(address);
        failures.remove(address);
        failures.put(address, new Failures(before == null ? 1 : before.count() + 1, clock.instant()));
    }

    synchronized void succeeded(String address) {
        failures.remove(address);
    }

    private @Nullable Failures current(String address) {
        Failures of = failures.get(address);
        if (of != null && !of.last().plus(lockedFor).isAfter(clock.instant())) {
            failures.remove(address);
            return null;
        }
        return of;
    }
}
