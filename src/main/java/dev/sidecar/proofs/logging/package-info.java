/** Proves that log lines arrive, can be found and are kept. */
@NullMarked
@ApplicationModule(allowedDependencies = {"loki", "peers", "prometheus", "proofs", "settings", "text"})
package dev.sidecar.proofs.logging;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
