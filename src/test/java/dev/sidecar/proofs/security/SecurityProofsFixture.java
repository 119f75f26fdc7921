package dev.sidecar.proofs.security;

import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.proofs.Finding;

/** Makes proofs of security for tests in other rooms. */
public final class SecurityProofsFixture {

    private SecurityProofsFixture() {}

    public static Finding certificates(Prometheus prometheus) {
        return new CertificateProof(prometheus).prove();
    }
}
