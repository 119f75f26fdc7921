/** Silences for a limited time what a deploy causes, through Alertmanager. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {"access", "alerts", "commands", "jobs", "peers", "secrets", "settings", "text"})
package dev.sidecar.maintenance;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
