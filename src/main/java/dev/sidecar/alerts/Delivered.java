package dev.sidecar.alerts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Alertmanager says that a channel has taken a notification: the mail server, Slack or whoever it was said yes.
 *
 * @param at when, by Alertmanager's clock
 * @param channel which
 * @param alerts the labels of each alert in it
 * @param resolved whether all of them were over
 * @param took from the beginning of the newest alert in it to the delivery; null if that says nothing (a repetition, an end)
 */
public record Delivered(
        Instant at,
        Channel channel,
        List<Map<String, String>> alerts,
        boolean resolved,
        @Nullable Duration took) {

    /** Whether an alert in it has this label. */
    public boolean has(String label, String value) {
        return alerts.stream().anyMatch(labels -> value.equals(labels.get(label)));
    }
}
