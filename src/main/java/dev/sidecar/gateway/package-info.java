/** Forwards requests to the team's API on a port of its own and measures and logs them; off when no upstream is set. */
@NullMarked
@ApplicationModule(allowedDependencies = {"requests", "secrets", "settings", "traces"})
package dev.sidecar.gateway;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
