/** The programs beside the sidecar, asked over HTTP: with a limit in time, and an answer in words when one is away or not configured. */
@NullMarked
@ApplicationModule(allowedDependencies = "settings")
package dev.sidecar.peers;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
