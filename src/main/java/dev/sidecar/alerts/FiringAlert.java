package dev.sidecar.alerts;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * An alert that Alertmanager knows of now.
 *
 * @param labels its labels, {@code alertname} among them
 * @param annotations its texts: summary, description, runbook_url …
 * @param since when it began
 * @param muted whether an inhibition or a silence mutes it
 * @param receivers the receivers that it is routed to
 * @param silences the IDs of the silences that mute it
 */
public record FiringAlert(
        Map<String, String> labels,
        Map<String, String> annotations,
        Instant since,
        boolean muted,
        List<String> receivers,
        List<String> silences) {

    /** One that no silence mutes. */
    public FiringAlert(
            Map<String, String> labels,
            Map<String, String> annotations,
            Instant since,
            boolean muted,
            List<String> receivers) {
        this(labels, annotations, since, muted, receivers, List.of());
    }
}
