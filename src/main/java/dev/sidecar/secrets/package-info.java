/** Keeps secrets out of sight: a secret prints as {@code ***} and comes from the environment or from the file that {@code …_FILE} names. */
@NullMarked
@ApplicationModule(allowedDependencies = "settings")
package dev.sidecar.secrets;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
