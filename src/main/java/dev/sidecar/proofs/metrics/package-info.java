/** Proves that metrics are scraped, kept and correct. */
@NullMarked
@ApplicationModule(allowedDependencies = {"farend", "hosts", "peers", "prometheus", "proofs", "text"})
package dev.sidecar.proofs.metrics;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
