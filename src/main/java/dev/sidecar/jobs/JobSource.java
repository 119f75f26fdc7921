package dev.sidecar.jobs;

import java.util.List;

/** Declares several jobs at once: as many as a feature finds out at start. A bean like {@link Job}. */
@FunctionalInterface
public interface JobSource {

    /** Asked once, at start. */
    List<Job> jobs();
}
