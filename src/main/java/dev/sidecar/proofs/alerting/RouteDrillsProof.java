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
import java.time.temporal.ChronoUnit;
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
    private final Duration every;
    private final Clock clock;
    private final Deque<Instant> done = new ArrayDeque<>();

    RouteDrillsProof(Drills drills, AlertingProofsProperties properties, Clock clock) {
        this.drills = drills;
        this.mostPerDay = properties.routeDrillsPerDay();
        this.every = properties.routeDrillsEvery();
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-4",
                Area.ALERTING,
                "Every channel of each route delivered a test alert within the last 7 days.",
                DAY,
                Duration.ofMinutes(15));
    }

    @Override
    public boolean isForOneOnly() {
        return true;
    }

    /**
     * Drills all routes at once whose last drill is too old: a channel that is down makes each of its routes wait for Alertmanager's
     * time limit. What people got lately, from whichever process and at whose wish, they do not get again.
     */
    @Override
    public Finding prove() throws InterruptedException {
        List<String> routes = drills.routes();
        if (routes.isEmpty()) {
            return Finding.broken("Alertmanager has no route that a drill can use.");
        }
        List<String> delivered = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        List<String> due = new ArrayList<>();
        for (String route : routes) {
            drills.lastDelivered(route)
                    .filter(this::counts)
                    .ifPresentOrElse(result -> describe(result, delivered, failed), () -> due.add(route));
        }
        if (!due.isEmpty() && !mayReachPeople(due.size())) {
            return Finding.inconclusive(
                    "The limit is %d route drills a day (sidecar.proofs.route-drills-per-day); %d were sent and this would send %d more.",
                    mostPerDay, done.size(), due.size());
        }
        if (!due.isEmpty()) {
            for (DrillResult result : deliver(due)) {
                describe(result, delivered, failed);
            }
        }
        return failed.isEmpty()
                ? Finding.held(
                                "%d routes delivered through %d channels; %s.",
                                routes.size(),
                                delivered.size(),
                                due.isEmpty()
                                        ? "no drill was due"
                                        : due.size() == routes.size()
                                                ? "all were drilled now"
                                                : due.size() + " were drilled now")
                        .with(delivered)
                : Finding.broken("Not delivered: %s", String.join(" ", failed)).with(failed);
    }

    /** The next run of this proof must not find it too old. */
    private boolean counts(DrillResult result) {
        Duration margin = every.compareTo(DAY.multipliedBy(2)) > 0 ? DAY : Duration.ZERO;
        return result.started().plus(every).minus(margin).isAfter(clock.instant());
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
                delivered.add("%s after %s, at %s"
                        .formatted(
                                channel.channel(),
                                Durations.of(channel.took()),
                                result.started().truncatedTo(ChronoUnit.SECONDS)));
            } else if (!channel.delivered()) {
                failed.add("%s: %s".formatted(channel.channel(), channel.reason()));
            }
        }
    }
}
