/** Makes the readiness report a document to hand on: signed, kept with its history, and checked on any machine. */
@NullMarked
@ApplicationModule(
        allowedDependencies = {"access", "commands", "jobs", "peers", "proofs", "secrets", "sets", "settings", "text"})
package dev.sidecar.reports;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
