/** The command line: finds the commands of the features, runs one, turns what happened into an exit code. */
@NullMarked
@ApplicationModule(allowedDependencies = "settings")
package dev.sidecar.commands;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
