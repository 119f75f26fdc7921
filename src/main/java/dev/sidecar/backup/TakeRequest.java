package dev.sidecar.backup;

import dev.sidecar.sets.Generation;
import java.time.Instant;

/**
 * Which backup to take.
 *
 * @param database its exact name
 * @param generation which retention it falls under
 * @param slot the moment of the schedule that it stands for; now for a manual one
 */
public record TakeRequest(String database, Generation generation, Instant slot) {}
