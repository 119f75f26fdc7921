package dev.sidecar.maintenance;

import java.time.Instant;

/**
 * A time in which people are not notified of what a deploy causes.
 *
 * @param id the ID of the silence in Alertmanager
 * @param by who began it
 * @param reason why
 * @param from when it began
 * @param until when it ends by itself
 */
public record Maintenance(String id, String by, String reason, Instant from, Instant until) {}
