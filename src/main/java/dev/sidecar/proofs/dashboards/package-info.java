/** Proves that Grafana shows live data. */
@NullMarked
@ApplicationModule(allowedDependencies = {"alerts", "grafana", "loki", "peers", "prometheus", "proofs"})
package dev.sidecar.proofs.dashboards;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
