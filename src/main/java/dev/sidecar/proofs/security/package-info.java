/** Proves that logins, secrets, certificates and the audit trail are sound. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {"grafana", "loki", "peers", "postgres", "prometheus", "proofs", "secrets", "sets", "text"
        })
package dev.sidecar.proofs.security;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
