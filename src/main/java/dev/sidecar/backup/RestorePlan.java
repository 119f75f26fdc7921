package dev.sidecar.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes what a restore would do, with its blockers and warnings, before anything is changed.
 *
 * @param request the request
 * @param store the store to read from
 * @param takenAt when the snapshot was taken
 * @param storedBytes bytes to read
 * @param dumpBytes bytes to write
 * @param expected how long the newest restore into the scratch server took; absent if never measured
 * @param connections open connections to the database to replace, each as "user at address: application"
 * @param obstacles the blockers, each with how to fix it; empty if the restore is possible
 * @param warnings what will be different after the restore
 * @param privileged what only an administrator can restore; it is done with a person's consent, and left out without it
 */
public record RestorePlan(
        RestoreRequest request,
        String store,
        Instant takenAt,
        long storedBytes,
        long dumpBytes,
        @Nullable Duration expected,
        List<String> connections,
        List<String> obstacles,
        List<String> warnings,
        List<String> privileged) {

    /** Tells whether somebody must say whether an administrator restores a part of it. */
    public boolean asksForConsent() {
        return !privileged.isEmpty() && !request.privileged();
    }

    /** Tells whether there is no blocker. */
    public boolean isPossible() {
        return obstacles.isEmpty();
    }
}
