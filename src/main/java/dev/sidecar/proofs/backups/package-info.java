/** The proofs that backups are fresh, whole and can be restored. */
@NullMarked
@ApplicationModule(allowedDependencies = {"backup", "peers", "proofs", "sets", "text"})
package dev.sidecar.proofs.backups;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
