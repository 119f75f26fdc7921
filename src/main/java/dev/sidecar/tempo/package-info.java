/** Asks Tempo for the traces that it keeps. */
@NullMarked
@ApplicationModule(allowedDependencies = {"peers", "text"})
package dev.sidecar.tempo;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
