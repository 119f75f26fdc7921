/** Defines the format of a backup set: manifest, ids, compression, encryption, the instructions for a restore by hand, and the key that signs. */
@NullMarked
@ApplicationModule(allowedDependencies = {"kept", "secrets", "sets.passphrase", "settings", "stores", "text"})
package dev.sidecar.sets;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
