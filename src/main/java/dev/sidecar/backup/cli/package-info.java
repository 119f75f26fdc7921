/** Offers the backup commands on the command line: backup, list, verify, restore, expire, forget. */
@NullMarked
@ApplicationModule(allowedDependencies = {"backup", "commands", "definitions", "pitr", "sets", "text"})
package dev.sidecar.backup.cli;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
