/** Runs the gateway as a process of its own, with metrics and health on a port of their own, so that no fault of the control plane touches it. */
@NullMarked
@ApplicationModule(allowedDependencies = {"commands", "secrets", "settings"})
package dev.sidecar.dataplane;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
