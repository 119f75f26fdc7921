/** Sends one span for each sampled request to whoever keeps traces (OTLP over HTTP); off where no endpoint is set. */
@NullMarked
@ApplicationModule(allowedDependencies = {"requests", "secrets", "settings"})
package dev.sidecar.traces;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
