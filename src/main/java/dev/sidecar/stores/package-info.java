/** Where sets lie: a folder or a bucket. A new kind of place is one class. */
@NullMarked
@ApplicationModule(allowedDependencies = {"secrets", "settings"})
package dev.sidecar.stores;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
