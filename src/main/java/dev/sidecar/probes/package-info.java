/** Asks whatever the sidecar and Alertmanager depend on (mail server, chats, API, databases, point-in-time recovery, the store elsewhere, Redis) if it answers, without sending anything to people. */
@NullMarked
@ApplicationModule(allowedDependencies = {"farend", "pitr", "postgres", "settings", "text"})
package dev.sidecar.probes;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
