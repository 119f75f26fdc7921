/** Runs drills and makes the readiness report. It knows no single proof. */
@NullMarked
@ApplicationModule(allowedDependencies = {"jobs", "peers", "settings", "text"})
package dev.sidecar.proofs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
