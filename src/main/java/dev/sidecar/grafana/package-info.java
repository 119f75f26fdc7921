/** Asks Grafana: is it up, do its data sources work, which queries do its panels make. */
@NullMarked
@ApplicationModule(allowedDependencies = {"peers", "secrets", "settings"})
package dev.sidecar.grafana;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
