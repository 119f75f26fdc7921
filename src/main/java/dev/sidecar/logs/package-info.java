/** Log lines: one JSON object each, to standard output and to Loki, without ever holding up whoever writes them. */
@NullMarked
@ApplicationModule(allowedDependencies = {"secrets", "settings"})
package dev.sidecar.logs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
