/** Asks Alertmanager for its alerts and routes, receives its receipts, and drills its routes and inhibition rules. */
@NullMarked
@ApplicationModule(allowedDependencies = {"access", "commands", "jobs", "notices", "peers", "secrets", "settings"})
package dev.sidecar.alerts;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
