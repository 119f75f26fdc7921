/** Proves dumps that others take: it restores the newest of each source, and never writes to where they lie. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {
            "checks",
            "commands",
            "jobs",
            "kept",
            "postgres",
            "secrets",
            "sets",
            "settings",
            "stores",
            "text"
        })
package dev.sidecar.dumps;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
