/** Log lines: one JSON object each, to standard output and to Loki without ever holding up the program that writes them. */
@NullMarked
@ApplicationModule(allowedDependencies = "loki")
package dev.sidecar.logs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
