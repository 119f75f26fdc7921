package dev.sidecar.pitr;

import java.time.Instant;

/**
 * Moments that can be recovered, all of them.
 *
 * @param from the first
 * @param to the last; a moment after the last transaction before it can be named as {@code --latest} only
 */
public record Span(Instant from, Instant to) {}
