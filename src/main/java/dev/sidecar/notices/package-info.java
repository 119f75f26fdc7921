/** What the sidecar sends itself, past Alertmanager: by mail, to Slack, and by the dead man's switch. */
@NullMarked
@ApplicationModule(allowedDependencies = {"jobs", "peers", "secrets", "settings"})
package dev.sidecar.notices;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
