package dev.sidecar.alerts;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the events of Alertmanager's event recorder (0.33 and 0.34). It records a notification only after the channel accepted it,
 * so that the event is a receipt.
 */
final class AlertmanagerEvents {

    /** Clocks differ. A receipt of next year would say until then that a channel works. */
    private static final Duration FASTEST_CLOCK = Duration.ofHours(1);

    private final Receipts receipts;
    private final Incidents incidents;
    private final AlertMetrics metrics;
    private final Function<AlertmanagerConfig.Inhibition, String> ruleNames;
    private final Clock clock;

    /** @param ruleNames finds the name of a rule that 0.33 identifies only by its matchers */
    AlertmanagerEvents(
            Receipts receipts,
            Incidents incidents,
            AlertMetrics metrics,
            Function<AlertmanagerConfig.Inhibition, String> ruleNames,
            Clock clock) {
        this.receipts = receipts;
        this.incidents = incidents;
        this.metrics = metrics;
        this.ruleNames = ruleNames;
        this.clock = clock;
    }

    /** Takes one event; ignores other kinds. @throws IllegalArgumentException if it is not an event */
    void take(JsonNode event) {
        if (!event.path("data").isObject() || !event.path("@timestamp").isString()) {
            throw new IllegalArgumentException("an event has a @timestamp and data");
        }
        Instant at = Instant.parse(event.get("@timestamp").stringValue());
        if (at.isBefore(Instant.EPOCH) || at.isAfter(clock.instant().plus(FASTEST_CLOCK))) {
            throw new IllegalArgumentException("an event is not of the future");
        }
        JsonNode data = event.get("data");
        incidents.heard();
        if (data.has("notification")) {
            delivered(at, data.get("notification"));
        } else if (data.has("inhibitionMutedAlert")) {
            muted(at, data.get("inhibitionMutedAlert"));
        } else if (data.has("silenceMutedAlert")) {
            incidents.muted(
                    labels(data.get("silenceMutedAlert").path("mutedAlert").path("labels")));
        }
    }

    private void delivered(Instant at, JsonNode notification) {
        Channel channel = new Channel(
                notification.path("groupInfo").path("receiverName").stringValue("unknown"),
                notification.path("integration").path("name").stringValue("unknown"),
                notification.path("integration").path("index").asInt(0));
        List<Map<String, String>> alerts = new ArrayList<>();
        boolean resolved = true;
        Instant newest = Instant.EPOCH;
        incidents.delivered(
                channel.receiver(), labels(notification.path("groupInfo").path("groupLabels")), at);
        for (JsonNode alert : notification.path("alerts")) {
            JsonNode details = alert.path("details");
            Map<String, String> labels = labels(details.path("labels"));
            alerts.add(labels);
            boolean over = details.path("resolved").asBoolean(false);
            resolved &= over;
            Instant began = within(details.path("startsAt").stringValue("1970-01-01T00:00:00Z"), at);
            incidents.told(channel, labels, began, over);
            newest = began.isAfter(newest) ? began : newest;
        }
        boolean first = notification.path("reason").stringValue("").endsWith("FIRST_NOTIFICATION");
        @Nullable Duration took = first && !resolved && !at.isBefore(newest) ? Duration.between(newest, at) : null;
        Delivered delivered = new Delivered(at, channel, List.copyOf(alerts), resolved, took);
        receipts.add(delivered);
        metrics.delivered(delivered);
    }

    /** Whoever posts an alert says when it began, and must not spoil the receipt of others with it. */
    private static Instant within(String text, Instant latest) {
        Instant time = Instant.parse(text);
        return time.isBefore(Instant.EPOCH) ? Instant.EPOCH : time.isAfter(latest) ? latest : time;
    }

    private void muted(Instant at, JsonNode muting) {
        List<String> rules = new ArrayList<>();
        for (JsonNode rule : muting.path("inhibitRules")) {
            String name = rule.path("name").stringValue("");
            rules.add(name.isEmpty() ? ruleNames.apply(inhibition(rule)) : name);
        }
        Muted muted = new Muted(
                at, List.copyOf(rules), labels(muting.path("mutedAlert").path("labels")));
        receipts.add(muted);
        incidents.muted(muted.labels());
        metrics.muted(muted);
    }

    private static AlertmanagerConfig.Inhibition inhibition(JsonNode rule) {
        return new AlertmanagerConfig.Inhibition(
                "", rendered(rule.path("sourceMatchers")), rendered(rule.path("targetMatchers")), equal(rule));
    }

    private static List<String> rendered(JsonNode matchers) {
        List<String> rendered = new ArrayList<>();
        matchers.forEach(matcher -> rendered.add(matcher.path("rendered").stringValue("")));
        return rendered;
    }

    private static List<String> equal(JsonNode rule) {
        List<String> equal = new ArrayList<>();
        rule.path("equalLabels").forEach(label -> equal.add(label.stringValue("")));
        return equal;
    }

    private static Map<String, String> labels(JsonNode labels) {
        Map<String, String> all = new TreeMap<>();
        for (JsonNode label : labels.path("labels")) {
            all.put(label.path("key").stringValue(""), label.path("value").stringValue(""));
        }
        return all;
    }
}
