/** Alerts: what Alertmanager delivered and muted, whether it still speaks at all, and mail and Slack past it when it does not. */
@NullMarked
@ApplicationModule(allowedDependencies = {"access", "commands", "jobs", "peers", "secrets", "settings"})
package dev.sidecar.alerts;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
