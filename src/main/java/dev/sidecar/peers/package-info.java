/** Asks the programs beside the sidecar over HTTP, within a time limit, and says in words when one is away or not configured. */
@NullMarked
@ApplicationModule(allowedDependencies = {"settings", "text"})
package dev.sidecar.peers;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
