/** Encrypts files of a backup set with a passphrase in the age format, which the library for it leaves out. */
@NullMarked
@ApplicationModule(allowedDependencies = "secrets")
package dev.sidecar.sets.passphrase;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
