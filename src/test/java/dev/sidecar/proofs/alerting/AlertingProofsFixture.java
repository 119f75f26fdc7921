package dev.sidecar.proofs.alerting;

import dev.sidecar.alerts.Drills;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Proof;
import java.time.Clock;
import java.time.Duration;

/** Makes proofs of alerting for tests in other rooms. */
public final class AlertingProofsFixture {

    private AlertingProofsFixture() {}

    public static Proof routeDrills(Drills drills, int mostPerDay) {
        return new RouteDrillsProof(drills, new AlertingProofsProperties(mostPerDay, Duration.ZERO), Clock.systemUTC());
    }

    /** @param every how long a delivered drill counts */
    public static Proof routeDrills(Drills drills, Duration every, Clock clock) {
        return new RouteDrillsProof(drills, new AlertingProofsProperties(30, every), clock);
    }

    public static Proof rulesLoaded(Prometheus prometheus) {
        return new RulesLoadedProof(prometheus, Clock.systemUTC());
    }

    public static Proof ruleSeries(Prometheus prometheus) {
        return new RuleSeriesProof(prometheus);
    }
}
