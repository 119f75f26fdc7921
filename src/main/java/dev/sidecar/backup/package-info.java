/** Takes, verifies, restores and expires backups: the decisions, the runs, the schedule and the HTTP API. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "archives",
            "checks",
            "definitions",
            "jobs",
            "postgres",
            "sets",
            "settings",
            "stores",
            "text"
        })
package dev.sidecar.backup;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
