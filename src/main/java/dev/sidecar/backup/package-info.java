/** Takes, lists, verifies, restores and expires backups of PostgreSQL databases, each proven by a restore. */
@NullMarked
@ApplicationModule(allowedDependencies = {"commands", "jobs", "secrets", "settings"})
package dev.sidecar.backup;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
