package dev.sidecar.backup;

import dev.sidecar.sets.Generation;
import java.time.Instant;

/**
 * Asks for a backup of one database.
 *
 * @param database the exact name of the database
 * @param generation the generation, which decides its retention
 * @param slot the scheduled time it is taken for; now for a manual backup
 */
public record TakeRequest(String database, Generation generation, Instant slot) {}
