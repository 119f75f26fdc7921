/** Alertmanager: what it delivered and muted, its routes, and drills of them. */
@NullMarked
@ApplicationModule(allowedDependencies = {"access", "commands", "jobs", "notices", "peers", "secrets", "settings"})
package dev.sidecar.alerts;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
