package dev.sidecar.proofs.performance;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import org.springframework.util.unit.DataSize;

/** Makes proofs of performance for tests in other rooms. */
public final class PerformanceProofsFixture {

    private PerformanceProofsFixture() {}

    /** A budget that nothing exceeds, measured over a time of your choice. */
    public static Proof watchingCost(Prometheus prometheus, Duration over) {
        return new WatchingCostProof(
                prometheus, new PerformanceProofsProperties(DataSize.ofGigabytes(100), 10_000, over));
    }
}
