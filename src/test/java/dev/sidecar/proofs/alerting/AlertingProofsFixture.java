package dev.sidecar.proofs.alerting;

import dev.sidecar.alerts.Drills;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Proof;
import java.time.Clock;

/** Makes proofs of alerting for tests in other rooms. */
public final class AlertingProofsFixture {

    private AlertingProofsFixture() {}

    public static Proof routeDrills(Drills drills, int mostPerDay) {
        return new RouteDrillsProof(drills, new AlertingProofsProperties(mostPerDay), Clock.systemUTC());
    }

    public static Proof rulesLoaded(Prometheus prometheus) {
        return new RulesLoadedProof(prometheus, Clock.systemUTC());
    }

    public static Proof ruleSeries(Prometheus prometheus) {
        return new RuleSeriesProof(prometheus);
    }
}
