/** Proves that the observability stack costs little and the gateway adds little latency. */
@NullMarked
@ApplicationModule(allowedDependencies = {"gateway", "peers", "prometheus", "proofs", "settings", "text"})
package dev.sidecar.proofs.performance;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
