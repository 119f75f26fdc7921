/** Knows the other hosts that may push to this stack: makes their tokens, keeps a digest of each, revokes them; the command {@code host}. */
@NullMarked
@ApplicationModule(allowedDependencies = {"commands", "settings"})
package dev.sidecar.hosts;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
