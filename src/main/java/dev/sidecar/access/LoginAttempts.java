package dev.sidecar.access;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Slows down guessing, and locks nobody out. Failed logins of all addresses together set how long a login waits before its password is
 * compared, the right one like a wrong one: so a thousand addresses guess no faster than one, and the answer's time tells nothing. Few
 * logins may wait at once. A network that holds most of the places loses one to a newcomer, and a network from which the right password
 * came before has a place of its own, which no flood from elsewhere can take.
 */
final class LoginAttempts {

    /** A network: an IPv4 address or the first half of an IPv6 address. A household or a rented server has all of the other half. */
    private static final int IPV6_NETWORK_BYTES = 8;

    private static final int KNOWN_NETWORKS = 64;
    private static final int MOST_DOUBLINGS = 20;

    private final int allowed;
    private final Duration remembered;
    private final Pace pace;
    private final Clock clock;
    private final Map<String, Deque<CountDownLatch>> waiting = new HashMap<>();
    private final Map<String, Boolean> known = new LinkedHashMap<>(KNOWN_NETWORKS, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > KNOWN_NETWORKS;
        }
    };

    private int places;
    private long failures;
    private @Nullable Instant last;

    /**
     * How logins are slowed down.
     *
     * @param first the first delay; it doubles as failures go on
     * @param longest the longest one
     * @param places how many may wait at once, without those of known networks
     */
    record Pace(Duration first, Duration longest, int places) {

        /** About six guesses a second at most, from however many addresses. */
        static final Pace NORMAL = new Pace(Duration.ofMillis(250), Duration.ofSeconds(5), 32);
    }

    /** @param allowed failures before logins begin to wait; @param remembered how long without a failure until they no longer do */
    LoginAttempts(int allowed, Duration remembered, Pace pace, Clock clock) {
        this.allowed = allowed;
        this.remembered = remembered;
        this.pace = pace;
        this.clock = clock;
    }

    /** When a login that got no place may try again. */
    Duration retryAfter() {
        return pace.longest();
    }

    /**
     * Waits for this login's turn.
     *
     * @return false if too many wait already; the password must not be compared then
     */
    boolean await(String address) {
        String network = network(address);
        CountDownLatch displaced = new CountDownLatch(1);
        Duration delay;
        boolean own;
        synchronized (this) {
            delay = delay();
            if (delay.isZero()) {
                return true;
            }
            own = known.containsKey(network) && !waiting.containsKey(network);
            if (!own && places >= pace.places() && !displaceFor(network)) {
                return false;
            }
            waiting.computeIfAbsent(network, none -> new ArrayDeque<>()).add(displaced);
            places += own ? 0 : 1;
        }
        boolean mayCompare = false;
        try {
            mayCompare = !displaced.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            Deque<CountDownLatch> ours = waiting.get(network);
            boolean held = ours != null && ours.remove(displaced);
            if (ours != null && ours.isEmpty()) {
                waiting.remove(network);
            }
            if (held) {
                places -= own ? 0 : 1;
            }
            return mayCompare && held;
        }
    }

    synchronized void failed() {
        failures = current() + 1;
        last = clock.instant();
    }

    /** Failures are not forgotten: a script with the right password must not speed up who guesses beside it. */
    synchronized void succeeded(String address) {
        known.put(network(address), true);
    }

    private long current() {
        Instant of = last;
        return of != null && of.plus(remembered).isAfter(clock.instant()) ? failures : 0;
    }

    private Duration delay() {
        long beyond = current() - allowed;
        if (beyond < 0) {
            return Duration.ZERO;
        }
        Duration delay = pace.first().multipliedBy(1L << Math.min(MOST_DOUBLINGS, beyond / allowed));
        return delay.compareTo(pace.longest()) < 0 ? delay : pace.longest();
    }

    /** Takes a place from the network with the most, if that has more than the newcomer's would then have. */
    private boolean displaceFor(String network) {
        String greediest = network;
        for (Map.Entry<String, Deque<CountDownLatch>> entry : waiting.entrySet()) {
            if (entry.getValue().size() > held(greediest)) {
                greediest = entry.getKey();
            }
        }
        if (held(greediest) <= held(network) + 1) {
            return false;
        }
        Deque<CountDownLatch> most = Objects.requireNonNull(waiting.get(greediest));
        // The first may be the one place of a known network, which counts for nothing here.
        most.removeLast().countDown();
        places--;
        return true;
    }

    private int held(String network) {
        Deque<CountDownLatch> of = waiting.get(network);
        return of == null ? 0 : of.size();
    }

    private static String network(String address) {
        try {
            if (address.indexOf(':') >= 0 && InetAddress.getByName(address) instanceof Inet6Address six) {
                byte[] bytes = six.getAddress();
                StringBuilder network = new StringBuilder();
                for (int i = 0; i < IPV6_NETWORK_BYTES; i++) {
                    network.append("%02x".formatted(bytes[i]));
                }
                return network.toString();
            }
        } catch (UnknownHostException e) {
            // No address: it stands for itself.
        }
        return address;
    }
}
