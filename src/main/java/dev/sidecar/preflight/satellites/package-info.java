/** Writes what makes the stack take what other hosts push. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.preflight.satellites;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
