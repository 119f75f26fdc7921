/** Writes the keys and the configuration of point-in-time recovery: pgBackRest's for each service, and PostgreSQL's. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.preflight.pitr;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
