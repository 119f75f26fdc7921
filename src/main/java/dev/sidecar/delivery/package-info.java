/** Delivers the shipped rules, dashboards and data sources to engines of your own, as files or by their API; the command {@code deliver}. */
@NullMarked
@ApplicationModule(allowedDependencies = {"commands", "peers", "secrets", "settings", "text"})
package dev.sidecar.delivery;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
