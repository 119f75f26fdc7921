/** Proves that backups are fresh, intact and can be restored. */
@NullMarked
@ApplicationModule(allowedDependencies = {"backup", "dumps", "peers", "pitr", "proofs", "sets", "text"})
package dev.sidecar.proofs.backups;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
