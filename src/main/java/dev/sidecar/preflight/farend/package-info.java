/** Checks the settings of the store elsewhere that Prometheus writes to, and writes how the sidecar reads back from there. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.preflight.farend;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
