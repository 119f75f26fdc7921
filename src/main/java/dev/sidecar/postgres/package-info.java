/** Asks PostgreSQL and runs its programs; the only room that starts processes. */
@NullMarked
@ApplicationModule(allowedDependencies = {"secrets", "sets", "settings", "text"})
package dev.sidecar.postgres;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
