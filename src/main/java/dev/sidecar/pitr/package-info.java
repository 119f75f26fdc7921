/** Point-in-time recovery: drives pgBackRest, judges its chain of sets and WAL, and proves recoveries on both sides of a moment. */
@NullMarked
@ApplicationModule(allowedDependencies = {"checks", "commands", "jobs", "kept", "postgres", "sets", "settings", "text"})
package dev.sidecar.pitr;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
