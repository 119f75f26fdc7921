package dev.sidecar.loki;

import java.time.Instant;
import java.util.Map;

/**
 * A line found in Loki.
 *
 * @param time when it was written
 * @param labels the stream's labels and the line's structured metadata together, as Loki returns them
 * @param text the line itself
 */
public record LogLine(Instant time, Map<String, String> labels, String text) {

    /** The service that wrote it; empty if it carries none. */
    public String service() {
        return labels.getOrDefault("service", "");
    }
}
