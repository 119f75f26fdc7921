package dev.sidecar.tempo;

/**
 * A span as Tempo keeps it.
 *
 * @param service the program that made it; empty if it names none
 * @param id 16 hexadecimal digits
 * @param parentId those of the span above it; empty if it is the first
 */
public record StoredSpan(String service, String id, String parentId) {}
