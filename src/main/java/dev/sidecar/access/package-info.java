/**
 * Controls access to the control plane: the local login with a limit on attempts, the login at an issuer of OpenID Connect, the tokens of
 * scripts, one token each for Alertmanager and Prometheus, and which role each request needs.
 */
@NullMarked
@ApplicationModule(allowedDependencies = {"commands", "kept", "peers", "secrets", "settings", "text"})
package dev.sidecar.access;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
