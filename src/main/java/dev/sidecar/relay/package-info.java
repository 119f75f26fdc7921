/** Runs as a process of its own between the edge and Prometheus and Loki: takes what other hosts push, and makes it say whose it is. */
@NullMarked
@ApplicationModule(allowedDependencies = {"commands", "dataplane", "hosts", "secrets", "settings", "text"})
package dev.sidecar.relay;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
