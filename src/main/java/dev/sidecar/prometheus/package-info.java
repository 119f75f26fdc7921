/** Asks Prometheus: targets, rules, which series a rule or a panel reads, and whether they exist. */
@NullMarked
@ApplicationModule(allowedDependencies = {"peers", "secrets", "settings"})
package dev.sidecar.prometheus;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
