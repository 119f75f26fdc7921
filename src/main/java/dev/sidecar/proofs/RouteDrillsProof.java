package dev.sidecar.proofs;

import dev.sidecar.alerts.DrillResult;
import dev.sidecar.alerts.DrillResult.ChannelResult;
import dev.sidecar.alerts.Drills;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

final class RouteDrillsProof implements Proof {

    private static final Duration DAY = Duration.ofDays(1);

    private final Drills drills;
    private final int mostPerDay;
    private final Clock clock;
    private final Deque<Instant> done = new ArrayDeque<>();

    RouteDrillsProof(Drills drills, ProofsProperties properties, Clock clock) {
        this.drills = drills;
        this.mostPerDay = properties.routeDrillsPerDay();
        this.clock = clock;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-4",
                Area.ALERTING,
                "A marked alert sent by every route is delivered by every channel of its receiver.",
                Duration.ofDays(7),
                Duration.ofMinutes(15));
    }

    @Override
    public Finding prove() throws InterruptedException {
        List<String> routes = drills.routes();
        List<String> delivered = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (String route : routes) {
            if (isSpent()) {
                return Finding.inconclusive(
                        "%d drills have gone to real people within a day, which is the limit (sidecar.proofs.route-drills-per-day).",
                        mostPerDay);
            }
            describe(drills.deliver(route), delivered, failed);
        }
        if (routes.isEmpty()) {
            return Finding.broken("Alertmanager has no route that a drill could take.");
        }
        return failed.isEmpty()
                ? Finding.held("%d routes delivered by %d channels.", routes.size(), delivered.size())
                        .with(delivered)
                : Finding.broken("Not delivered: %s", String.join(" ", failed)).with(failed);
    }

    private boolean isSpent() {
        Instant now = clock.instant();
        while (!done.isEmpty() && done.peekFirst().isBefore(now.minus(DAY))) {
            done.removeFirst();
        }
        done.addLast(now);
        return done.size() > mostPerDay;
    }

    private static void describe(DrillResult result, List<String> delivered, List<String> failed) {
        if (result.problem() != null) {
            failed.add("%s: %s".formatted(result.route(), result.problem()));
        }
        for (ChannelResult channel : result.channels()) {
            if (channel.delivered() && channel.took() != null) {
                delivered.add("%s after %s".formatted(channel.channel(), Words.time(channel.took())));
            } else if (!channel.delivered()) {
                failed.add("%s: %s".formatted(channel.channel(), channel.reason()));
            }
        }
    }
}
