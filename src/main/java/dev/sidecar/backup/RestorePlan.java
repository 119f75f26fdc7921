package dev.sidecar.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a restore would do and what stands against it, made before anything is touched.
 *
 * @param request what was asked for
 * @param store where it is read from
 * @param takenAt age of the data
 * @param storedBytes to be read
 * @param dumpBytes to be written
 * @param expected how long the newest restore into the scratch server took; absent if never measured
 * @param connections open to the database that is to be replaced, each as "user at address: application"
 * @param obstacles why it cannot be done as things are, each with what to do; empty if it can
 * @param warnings what will be different afterwards
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
        List<String> warnings) {

    /** Whether nothing stands against it. */
    public boolean isPossible() {
        return obstacles.isEmpty();
    }
}
