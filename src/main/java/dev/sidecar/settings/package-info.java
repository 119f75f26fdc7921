/** What every feature needs to know of its surroundings: who this sidecar is, and how a wrong setting is refused. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.settings;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
