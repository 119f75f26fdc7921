/** Writes what makes the stack keep traces, or what sends them elsewhere. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.preflight.tracing;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
