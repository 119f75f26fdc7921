/** Looks at the settings of the login at an issuer of OpenID Connect. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.preflight.issuer;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
