/** Web pages over all of it: shows what the other rooms know and passes on what a person asks for; owns nothing. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "alerts",
            "backup",
            "jobs",
            "loki",
            "notices",
            "peers",
            "prometheus",
            "proofs",
            "requests",
            "sets",
            "settings",
            "text"
        })
package dev.sidecar.console;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
