/** Runs the command line: finds the features' commands, runs one of them and turns its result into an exit code. */
@NullMarked
@ApplicationModule(allowedDependencies = {"settings", "text"})
package dev.sidecar.commands;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
