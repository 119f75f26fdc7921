/** Scheduled work: one run at a time, timed, caught up after downtime, and with the time of its last success published. */
@NullMarked
@ApplicationModule(allowedDependencies = {"settings", "text"})
package dev.sidecar.jobs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
