/** Tells every feature who this sidecar is and refuses wrong settings; holds the one clock and the measure of this process's memory. */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.settings;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
