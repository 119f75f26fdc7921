/** Before the stack starts: makes the secrets, renders what cannot read the environment, and refuses what cannot work. */
@NullMarked
@ApplicationModule(allowedDependencies = {"commands", "settings"})
package dev.sidecar.preflight;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
