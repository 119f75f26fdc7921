/** Knows pg_dump's archives entry by entry: what is in one, which entries must wait, and which did not restore. */
@NullMarked
@ApplicationModule(allowedDependencies = {"postgres", "sets", "text"})
package dev.sidecar.archives;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
