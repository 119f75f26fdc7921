/** Describes everything that a dump must bring back besides rows, and compares the description with a restored database. */
@NullMarked
@ApplicationModule(allowedDependencies = {"postgres", "sets", "text"})
package dev.sidecar.definitions;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
