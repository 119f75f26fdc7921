/** Controls access to the control plane: one login with a limit on attempts, and one token each for Alertmanager and Prometheus. */
@NullMarked
@ApplicationModule(allowedDependencies = {"secrets", "settings"})
package dev.sidecar.access;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
