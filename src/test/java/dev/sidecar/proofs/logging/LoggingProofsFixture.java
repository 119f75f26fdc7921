package dev.sidecar.proofs.logging;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Proof;

/** Makes proofs of logging for tests in other rooms. */
public final class LoggingProofsFixture {

    private LoggingProofsFixture() {}

    public static Proof nothingDropped(Prometheus prometheus) {
        return new NothingDroppedProof(prometheus);
    }
}
