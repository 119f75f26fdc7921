/** The format of a backup on disk: manifest, ids, compression, encryption and the instructions for a restore without us. */
@NullMarked
@ApplicationModule(allowedDependencies = {"secrets", "settings", "stores", "text"})
package dev.sidecar.sets;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
