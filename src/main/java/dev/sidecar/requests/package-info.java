/** Gives every request, on the gateway and on the control plane alike, an id, its metrics and its line in the log. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.requests;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
