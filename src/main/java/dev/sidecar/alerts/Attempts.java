package dev.sidecar.alerts;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Alertmanager's counts, since its start, of the attempts of its channels. Channels of one kind and receiver are counted together.
 *
 * @param since the start
 * @param requests attempts to deliver, by receiver and integration
 * @param failed those of them that failed
 * @param reasons notifications given up, by receiver and integration, then by reason
 */
record Attempts(
        Instant since,
        Map<String, Double> requests,
        Map<String, Double> failed,
        Map<String, Map<String, Double>> reasons) {

    private static final Pattern LINE =
            Pattern.compile("(alertmanager_notification_requests_total|alertmanager_notification_requests_failed_total"
                    + "|alertmanager_notifications_failed_total)\\{([^}]*)} (\\S+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    static Attempts parse(Instant since, String metrics) {
        Map<String, Double> requests = new HashMap<>();
        Map<String, Double> failed = new HashMap<>();
        Map<String, Map<String, Double>> reasons = new HashMap<>();
        metrics.lines().map(LINE::matcher).filter(Matcher::matches).forEach(line -> {
            Map<String, String> labels = new HashMap<>();
            LABEL.matcher(line.group(2)).results().forEach(label -> labels.put(label.group(1), label.group(2)));
            String integration = labels.getOrDefault("integration", "");
            String key = key(labels.getOrDefault("receiver_name", ""), integration);
            double count = Double.parseDouble(line.group(3));
            switch (line.group(1)) {
                case "alertmanager_notification_requests_total" -> requests.merge(key, count, Double::sum);
                case "alertmanager_notification_requests_failed_total" -> failed.merge(key, count, Double::sum);
                default ->
                    reasons.computeIfAbsent(key, none -> new TreeMap<>())
                            .merge(labels.getOrDefault("reason", "other"), count, Double::sum);
            }
        });
        return new Attempts(since, requests, failed, reasons);
    }

    /** How often the channel, or one of its kind, delivered since Alertmanager's start. */
    double delivered(Channel channel) {
        return of(requests, channel, 0.0) - failed(channel);
    }

    /** How often the channel, or one of its kind, failed since Alertmanager's start. */
    double failed(Channel channel) {
        return of(failed, channel, 0.0);
    }

    /** Why the channel, or one of its kind, gave up since an earlier count. @return reasons such as {@code serverError}; may be empty */
    List<String> reasonsSince(Attempts earlier, Channel channel) {
        Map<String, Double> before = of(earlier.reasons, channel, Map.of());
        return of(reasons, channel, Map.of()).entrySet().stream()
                .filter(reason -> reason.getValue() > before.getOrDefault(reason.getKey(), 0.0))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Nothing counted, at the start of the same process. */
    Attempts atTheStart() {
        return new Attempts(since, Map.of(), Map.of(), Map.of());
    }

    private static <T> T of(Map<String, T> counts, Channel channel, T none) {
        // Without the feature receiver-name-in-metrics only the integration is known.
        return counts.getOrDefault(key(channel), counts.getOrDefault(key("", channel.integration()), none));
    }

    private static String key(Channel channel) {
        return key(channel.receiver(), channel.integration());
    }

    private static String key(String receiver, String integration) {
        return receiver + "/" + integration;
    }
}
