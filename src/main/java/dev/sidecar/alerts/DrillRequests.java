package dev.sidecar.alerts;

import dev.sidecar.jobs.NamedThreads;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the drills that people ask for, routes side by side: each one at a time with a pause between, because each drill notifies people. */
public final class DrillRequests implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DrillRequests.class);
    private static final int KEPT = 40;
    private static final int AT_ONCE = 10;
    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(5);

    private final Drills drills;
    private final Clock clock;
    private final Duration pause;
    private final ExecutorService runner = Executors.newCachedThreadPool(new NamedThreads("alert-drill"));
    private final Map<String, DrillResult> results = new LinkedHashMap<>();
    private final Set<String> running = new HashSet<>();
    private final Map<String, Instant> nextAllowed = new HashMap<>();
    private long number;

    DrillRequests(Drills drills, Clock clock, Duration pause) {
        this.drills = drills;
        this.clock = clock;
        this.pause = pause;
    }

    /** The reply to a request: the id of the drill, or how long to wait. */
    public record Reply(@Nullable String id, Duration pause) {}

    /** Drills a route in the background. @return the id of the drill, or how long to wait before asking again */
    public synchronized Reply ask(String route) {
        Instant now = clock.instant();
        nextAllowed.values().removeIf(allowed -> !now.isBefore(allowed));
        Instant allowed = nextAllowed.getOrDefault(route, now);
        if (running.contains(route) || running.size() >= AT_ONCE || now.isBefore(allowed)) {
            Duration left = Duration.between(now, allowed);
            return new Reply(null, left.compareTo(SHORTEST_WAIT) > 0 ? left : SHORTEST_WAIT);
        }
        String id = "r" + ++number;
        running.add(route);
        nextAllowed.put(route, now.plus(pause));
        keep(id, new DrillResult(id, route, now, null, List.of(), null));
        runner.execute(() -> run(id, route, now));
        return new Reply(id, Duration.ZERO);
    }

    synchronized Optional<DrillResult> result(String id) {
        return Optional.ofNullable(results.get(id));
    }

    /** Lists the results of the last drills, newest first. */
    public synchronized List<DrillResult> results() {
        List<DrillResult> newestFirst = new ArrayList<>(results.values());
        Collections.reverse(newestFirst);
        return newestFirst;
    }

    private void run(String id, String route, Instant started) {
        DrillResult result;
        try {
            result = drills.deliver(route);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result = new DrillResult(id, route, started, clock.instant(), List.of(), "The drill was interrupted.");
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("route", route)
                    .setCause(e)
                    .log("drill failed, its deliveries are unknown; run it again");
            result = new DrillResult(
                    id, route, started, clock.instant(), List.of(), "The drill failed: " + e.getMessage());
        }
        log.atInfo()
                .addKeyValue("route", route)
                .addKeyValue("delivered", result.allDelivered())
                .log("route drill ended");
        synchronized (this) {
            running.remove(route);
            keep(id, result);
        }
    }

    private void keep(String id, DrillResult result) {
        results.put(id, result);
        if (results.size() > KEPT) {
            results.remove(results.keySet().iterator().next());
        }
    }

    @Override
    public void close() {
        runner.shutdownNow();
    }
}
