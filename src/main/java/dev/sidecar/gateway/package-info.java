/** Forwards to the team's API on a port of its own and shows what passes; off when no upstream is set. */
@NullMarked
@ApplicationModule(allowedDependencies = {"requests", "settings"})
package dev.sidecar.gateway;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
