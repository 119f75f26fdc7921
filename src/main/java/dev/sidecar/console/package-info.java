/** Web pages over all of it: shows what the other features know and hands them what a person asks for; owns nothing. */
@NullMarked
@ApplicationModule(allowedDependencies = {"alerts", "backup", "jobs", "logs", "peers", "proofs", "rules", "settings"})
package dev.sidecar.console;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
