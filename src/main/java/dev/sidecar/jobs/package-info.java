/** Runs scheduled work: one run per job at a time, with a limit, caught up after downtime, and publishes the time of each job's last success. */
@NullMarked
@ApplicationModule(allowedDependencies = {"settings", "text"})
package dev.sidecar.jobs;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
