/** Asks whatever the sidecar and Alertmanager depend on (mail server, chats, API, databases, Redis) if it answers, without sending anything to people. */
@NullMarked
@ApplicationModule(allowedDependencies = {"postgres", "settings", "text"})
package dev.sidecar.probes;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
