/** Proves that alerts fire, reach people and inhibit each other. */
@NullMarked
@ApplicationModule(allowedDependencies = {"alerts", "notices", "peers", "prometheus", "proofs", "settings", "text"})
package dev.sidecar.proofs.alerting;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
