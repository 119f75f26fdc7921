/** Runs the operator's own checks against a restored copy of a backup: a folder of queries, each with what it must answer. */
@NullMarked
@ApplicationModule(allowedDependencies = {"postgres", "sets", "settings", "text"})
package dev.sidecar.checks;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
