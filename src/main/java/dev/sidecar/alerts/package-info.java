/** Asks Alertmanager for its alerts and routes, receives its receipts, drills its routes, and tells people of what it did not deliver. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "access",
            "commands",
            "jobs",
            "kept",
            "notices",
            "peers",
            "prometheus",
            "secrets",
            "settings",
            "text"
        })
package dev.sidecar.alerts;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
