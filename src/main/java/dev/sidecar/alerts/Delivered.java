package dev.sidecar.alerts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A receipt: Alertmanager recorded that a channel, such as the mail server or Slack, accepted a notification.
 *
 * @param at when, by Alertmanager's clock
 * @param channel the channel
 * @param alerts the labels of each alert in it
 * @param resolved whether all of them were resolved
 * @param took from the beginning of the newest alert in it to the delivery; null for a repetition or a resolved alert
 */
public record Delivered(
        Instant at,
        Channel channel,
        List<Map<String, String>> alerts,
        boolean resolved,
        @Nullable Duration took) {

    /** An alert in it has this label. */
    public boolean has(String label, String value) {
        return alerts.stream().anyMatch(labels -> value.equals(labels.get(label)));
    }
}
