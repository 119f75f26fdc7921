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
 */
public record FiringAlert(
        Map<String, String> labels,
        Map<String, String> annotations,
        Instant since,
        boolean muted,
        List<String> receivers) {}
