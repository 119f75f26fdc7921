/** Sends the sidecar's own notices by mail, chat and push without Alertmanager, and runs the dead man's switch. */
@NullMarked
@ApplicationModule(allowedDependencies = {"jobs", "peers", "secrets", "settings", "text"})
package dev.sidecar.notices;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
