/** Asks Loki for log lines. */
@NullMarked
@ApplicationModule(allowedDependencies = {"peers", "secrets", "settings"})
package dev.sidecar.loki;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
