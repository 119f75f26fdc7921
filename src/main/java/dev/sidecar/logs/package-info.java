/** Writes log lines as JSON to standard output and to Loki, never holding up the thread that logs. */
@NullMarked
@ApplicationModule(allowedDependencies = {"loki", "text"})
package dev.sidecar.logs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
