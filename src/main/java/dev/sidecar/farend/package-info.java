/** Reads back from the store elsewhere that Prometheus writes to, and exports the value that it looks for there. */
@NullMarked
@ApplicationModule(allowedDependencies = {"peers", "secrets", "settings"})
package dev.sidecar.farend;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
