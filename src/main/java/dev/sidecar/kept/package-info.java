/** Keeps small things over a restart, each in a file of its own. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.kept;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
