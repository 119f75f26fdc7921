/** Prepares the stack's start: generates secrets, renders configurations that cannot read the environment, and refuses settings that cannot work. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "commands",
            "preflight.farend",
            "preflight.issuer",
            "preflight.pitr",
            "preflight.satellites",
            "preflight.tracing",
            "probes",
            "settings"
        })
package dev.sidecar.preflight;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
