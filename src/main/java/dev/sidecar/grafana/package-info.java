/** Asks Grafana whether it is up and its data sources work, and for the queries of its panels. */
@NullMarked
@ApplicationModule(allowedDependencies = {"peers", "secrets", "settings"})
package dev.sidecar.grafana;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
