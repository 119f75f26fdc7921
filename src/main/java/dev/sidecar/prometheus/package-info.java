/** Asks Prometheus for its targets and rules, and whether the series that a rule or a panel reads exist. */
@NullMarked
@ApplicationModule(allowedDependencies = {"peers", "secrets", "settings"})
package dev.sidecar.prometheus;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
