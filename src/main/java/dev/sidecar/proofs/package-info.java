/** The drills and the readiness report: an auditor that uses only what the other features offer to everybody. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "access",
            "alerts",
            "backup",
            "commands",
            "dashboards",
            "jobs",
            "logs",
            "peers",
            "rules",
            "secrets",
            "settings"
        })
package dev.sidecar.proofs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
