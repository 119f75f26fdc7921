package dev.sidecar.jobs;

import java.util.List;

/** Declares several jobs at once, when a feature learns only at start how many it has. It is a bean like {@link Job}. */
@FunctionalInterface
public interface JobSource {

    /** Returns the jobs; called once, at start. */
    List<Job> jobs();
}
