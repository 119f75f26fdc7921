/** The web pages: they show what the other rooms know and pass on what a person asks for. The room owns no data. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "access",
            "alerts",
            "backup",
            "dumps",
            "grafana",
            "jobs",
            "loki",
            "maintenance",
            "notices",
            "peers",
            "pitr",
            "prometheus",
            "proofs",
            "reports",
            "requests",
            "sets",
            "settings",
            "text"
        })
package dev.sidecar.console;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
