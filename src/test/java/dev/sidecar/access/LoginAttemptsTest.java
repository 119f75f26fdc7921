package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.MutableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoginAttemptsTest {

    private static final Duration FIRST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofSeconds(1);
    private static final int PLACES = 8;
    /** Long enough for a flood to have all places at once on a busy machine. */
    private static final Duration A_FLOOD = Duration.ofSeconds(5);
    /** Twenty doublings would be days. */
    private static final Duration AT_ALL_TIMES = Duration.ofMinutes(1);

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private LoginAttempts attempts = attempts(LONGEST);
    private final ExecutorService clients = Executors.newCachedThreadPool();

    private LoginAttempts attempts(Duration longest) {
        return new LoginAttempts(3, Duration.ofMinutes(5), new LoginAttempts.Pace(FIRST, longest, PLACES), clock);
    }

    @AfterEach
    void end() {
        clients.shutdownNow();
    }

    @Test
    void theDelayGrowsWithTheFailuresOfAllAddressesTogetherUpToALimit() {
        assertThat(waited("10.0.0.1")).isLessThan(FIRST);
        fail(3);
        assertThat(waited("10.0.0.9")).as("an address that never failed").isGreaterThanOrEqualTo(FIRST);
        fail(3);
        assertThat(waited("10.0.0.2")).isGreaterThanOrEqualTo(FIRST.multipliedBy(2));
        fail(100_000);
        assertThat(waited("10.0.0.3")).isBetween(LONGEST, LONGEST.plus(AT_ALL_TIMES));
    }

    @Test
    void theDelayEndsWithTheTimeSinceTheLastFailureAndNotWithARightPassword() {
        fail(3);
        attempts.succeeded("10.0.0.1");
        assertThat(waited("10.0.0.1")).isGreaterThanOrEqualTo(FIRST);
        clock.tick(Duration.ofMinutes(4));
        fail(1);
        clock.tick(Duration.ofMinutes(4));
        assertThat(waited("10.0.0.1")).isGreaterThanOrEqualTo(FIRST);
        clock.tick(Duration.ofMinutes(1));

        assertThat(waited("10.0.0.1")).isLessThan(FIRST);
    }

    /** 300 guesses from 60 addresses took 2.7 s once, at five for each address. */
    @Test
    void manyAddressesGuessNoFasterThanThePlacesAndTheLongestDelayAllow() {
        fail(100);
        AtomicInteger compared = new AtomicInteger();
        long begun = System.nanoTime();
        List<CompletableFuture<Void>> guesses = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            String address = "10.0.0." + i % 60;
            guesses.add(CompletableFuture.runAsync(
                    () -> {
                        if (attempts.await(address)) {
                            compared.incrementAndGet();
                            attempts.failed();
                        }
                    },
                    clients));
        }
        guesses.forEach(CompletableFuture::join);
        double rounds = Math.ceil((System.nanoTime() - begun) / (double) LONGEST.toNanos());

        assertThat(compared.get()).isPositive().isLessThanOrEqualTo((int) rounds * PLACES);
    }

    @Test
    void oneNetworkCannotKeepTheOthersOut() {
        attempts = attempts(A_FLOOD);
        fail(100);
        flood(PLACES, "2001:db8:0:1::");
        assertThat(attempts.await("2001:db8:0:1:ffff::1"))
                .as("the same household")
                .isFalse();

        assertThat(attempts.await("10.0.0.1")).isTrue();
    }

    @Test
    void aNetworkWithTheRightPasswordBeforeHasAPlaceThatNoFloodTakes() {
        attempts = attempts(A_FLOOD);
        attempts.succeeded("10.0.0.1");
        fail(100);
        for (int i = 0; i < PLACES; i++) {
            flood(1, "192.0.2." + i);
        }
        assertThat(attempts.await("198.51.100.1")).as("a newcomer").isFalse();

        assertThat(attempts.await("10.0.0.1")).isTrue();
    }

    @Test
    void placesAreFreeAgainAfterAFlood() {
        fail(100);
        for (int round = 0; round < 3; round++) {
            flood(PLACES, "10.0.0.");
            Awaitility.await().untilAsserted(() -> assertThat(waiting()).isZero());
        }
        assertThat(attempts.await("10.0.0.1")).isTrue();
    }

    private final AtomicInteger inside = new AtomicInteger();

    private int waiting() {
        return inside.get();
    }

    /** Begins some logins, and returns when all of them wait. */
    private void flood(int times, String prefix) {
        boolean whole = !prefix.endsWith(":") && !prefix.endsWith(".");
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            String address = whole ? prefix : prefix.endsWith(":") ? prefix + i : prefix + "1";
            Thread thread = new Thread(() -> {
                attempts.await(address);
                inside.decrementAndGet();
            });
            inside.incrementAndGet();
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        Awaitility.await()
                .pollInterval(Duration.ofMillis(1))
                .until(() -> threads.stream()
                        .allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING
                                || thread.getState() == Thread.State.TERMINATED));
    }

    private Duration waited(String address) {
        long begun = System.nanoTime();
        assertThat(attempts.await(address)).isTrue();
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            attempts.failed();
        }
    }
}
