package dev.sidecar.proofs.alerting;

import dev.sidecar.alerts.DrillResult;
import dev.sidecar.alerts.DrillResult.ChannelResult;
import dev.sidecar.alerts.Drills;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

final class RouteDrillsProof implements Proof {

    private static final Duration DAY = Duration.ofDays(1);

    private final Drills drills;
    private final int mostPerDay;
    private final Clock clock;
    private final Deque<Instant> done = new ArrayDeque<>();

    RouteDrillsProof(Drills drills, AlertingProofsProperties properties, Clock clock) {
        this.drills = drills;
        this.mostPerDay = properties.routeDrillsPerDay();
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-4",
                Area.ALERTING,
                "A test alert sent by each route is delivered by every channel of its receiver.",
                Duration.ofDays(7),
                Duration.ofMinutes(15));
    }

    /** Drills all routes at once: a channel that is down makes each of its routes wait for Alertmanager's time limit. */
    @Override
    public Finding prove() throws InterruptedException {
        List<String> routes = drills.routes();
        if (routes.isEmpty()) {
            return Finding.broken("Alertmanager has no route that a drill can take.");
        }
        if (!mayReachPeople(routes.size())) {
            return Finding.inconclusive(
                    "The limit is %d route drills a day (sidecar.proofs.route-drills-per-day); %d were sent and this would send %d more.",
                    mostPerDay, done.size(), routes.size());
        }
        List<String> delivered = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (DrillResult result : deliver(routes)) {
            describe(result, delivered, failed);
        }
        return failed.isEmpty()
                ? Finding.held("%d routes delivered through %d channels.", routes.size(), delivered.size())
                        .with(delivered)
                : Finding.broken("Not delivered: %s", String.join(" ", failed)).with(failed);
    }

    private List<DrillResult> deliver(List<String> routes) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(routes.size());
        try {
            List<DrillResult> results = new ArrayList<>();
            for (Future<DrillResult> result : threads.invokeAll(routes.stream()
                    .map(route -> (Callable<DrillResult>) () -> drills.deliver(route))
                    .toList())) {
                results.add(result.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IllegalStateException("A drill failed.", e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private boolean mayReachPeople(int more) {
        Instant now = clock.instant();
        while (!done.isEmpty() && done.peekFirst().isBefore(now.minus(DAY))) {
            done.removeFirst();
        }
        if (done.size() + more > mostPerDay) {
            return false;
        }
        done.addAll(Collections.nCopies(more, now));
        return true;
    }

    private static void describe(DrillResult result, List<String> delivered, List<String> failed) {
        if (result.problem() != null) {
            failed.add("%s: %s".formatted(result.route(), result.problem()));
        }
        for (ChannelResult channel : result.channels()) {
            if (channel.delivered() && channel.took() != null) {
                delivered.add("%s after %s".formatted(channel.channel(), Durations.of(channel.took())));
            } else if (!channel.delivered()) {
                failed.add("%s: %s".formatted(channel.channel(), channel.reason()));
            }
        }
    }
}
