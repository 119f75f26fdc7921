/** Decides which of several sidecars is on duty: the one whose session holds a lock on the PostgreSQL server that they back up. */
@NullMarked
@ApplicationModule(allowedDependencies = {"jobs", "postgres", "sets", "settings", "text"})
package dev.sidecar.duty;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
