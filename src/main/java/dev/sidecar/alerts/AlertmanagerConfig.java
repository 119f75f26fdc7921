package dev.sidecar.alerts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The part of Alertmanager's running configuration that drills and the check of deliveries need.
 *
 * @param channels every integration of every receiver
 * @param routes the routes that a drill can take: those that ask for a category or a severity, or for nothing
 * @param inhibitions the inhibition rules, in their order
 * @param timings how long each receiver's routes wait; the longest where several lead to it
 * @param toTheSidecar the channels that lead to the sidecar and not to people: those that are configured as the Watchdog's
 */
public record AlertmanagerConfig(
        List<Channel> channels,
        List<Route> routes,
        List<Inhibition> inhibitions,
        Map<String, Timing> timings,
        Set<Channel> toTheSidecar) {

    /**
     * The waiting times of a route.
     *
     * @param groupWait how long Alertmanager waits for more alerts before it notifies of a new group
     * @param groupInterval how long it waits before it notifies of a change in a group
     * @param repeatInterval after how long it notifies of the same again
     */
    public record Timing(Duration groupWait, Duration groupInterval, Duration repeatInterval) {

        /** Alertmanager's defaults. */
        static final Timing STANDARD = new Timing(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(4));

        private Timing longest(Timing other) {
            return new Timing(
                    longer(groupWait, other.groupWait),
                    longer(groupInterval, other.groupInterval),
                    longer(repeatInterval, other.repeatInterval));
        }

        private static Duration longer(Duration one, Duration other) {
            return one.compareTo(other) > 0 ? one : other;
        }

        private static Timing of(Map<String, Object> route, Timing inherited) {
            return new Timing(
                    duration(route.get("group_wait"), inherited.groupWait),
                    duration(route.get("group_interval"), inherited.groupInterval),
                    duration(route.get("repeat_interval"), inherited.repeatInterval));
        }

        private static Duration duration(@Nullable Object text, Duration inherited) {
            return text == null ? inherited : AlertmanagerConfig.duration(String.valueOf(text));
        }
    }

    /**
     * A route to a receiver.
     *
     * @param receiver its name, which also names the route
     * @param labels what an alert must have to take it
     * @param groupWait how long Alertmanager waits for more alerts before it notifies
     */
    public record Route(String receiver, Map<String, String> labels, Duration groupWait) {}

    /**
     * An inhibition rule.
     *
     * @param name its name, or {@code rule-<n>} if it has none
     * @param source the matchers of the alert that mutes, as Alertmanager writes them
     * @param target the matchers of the alert that is muted
     * @param equal the labels that both must have alike
     */
    public record Inhibition(String name, List<String> source, List<String> target, List<String> equal) {

        /** Sorted and without blanks, so that two ways of writing one rule are equal. */
        public Inhibition {
            source = source.stream().map(Inhibition::plain).sorted().toList();
            target = target.stream().map(Inhibition::plain).sorted().toList();
            equal = equal.stream().sorted().toList();
        }

        private static String plain(String matcher) {
            return matcher.replace(" ", "");
        }

        boolean says(List<String> otherSource, List<String> otherTarget, List<String> otherEqual) {
            Inhibition other = new Inhibition(name, otherSource, otherTarget, otherEqual);
            return equals(other);
        }
    }

    private static final Pattern CATEGORY_OR_SEVERITY = Pattern.compile("(category|severity)=\"?([A-Za-z_-]+)\"?");
    private static final Pattern WATCHDOG = Pattern.compile("alertname=\"?Watchdog\"?");

    /** Lists the names of all receivers that have a channel, in the order of the configuration. */
    public List<String> receivers() {
        return channels.stream().map(Channel::receiver).distinct().toList();
    }

    /** Lists the channels of one receiver. */
    public List<Channel> channels(String receiver) {
        return channels.stream()
                .filter(channel -> channel.receiver().equals(receiver))
                .toList();
    }

    /** Lists the channels of one receiver that lead to people. */
    public List<Channel> channelsToPeople(String receiver) {
        return channels(receiver).stream()
                .filter(channel -> !toTheSidecar.contains(channel))
                .toList();
    }

    /** How long a receiver's routes wait. */
    public Timing timing(String receiver) {
        return timings.getOrDefault(receiver, Timing.STANDARD);
    }

    /** Finds an inhibition rule by its name. */
    public Optional<Inhibition> inhibition(String name) {
        return inhibitions.stream().filter(rule -> rule.name().equals(name)).findFirst();
    }

    static AlertmanagerConfig parse(String yaml) {
        LoaderOptions options = new LoaderOptions();
        // A receiver is often written once and referred to by alias.
        options.setMaxAliasesForCollections(1_000);
        Map<String, Object> root = map(new Yaml(new SafeConstructor(options)).load(yaml));
        Map<Channel, Object> channels = new LinkedHashMap<>();
        for (Object receiver : list(root.get("receivers"))) {
            Map<String, Object> fields = map(receiver);
            fields.forEach((key, value) -> {
                if (key.endsWith("_configs")) {
                    for (int i = 0; i < list(value).size(); i++) {
                        channels.put(
                                new Channel(String.valueOf(fields.get("name")), key.substring(0, key.length() - 8), i),
                                list(value).get(i));
                    }
                }
            });
        }
        List<Inhibition> inhibitions = new ArrayList<>();
        for (Object rule : list(root.get("inhibit_rules"))) {
            Map<String, Object> fields = map(rule);
            inhibitions.add(new Inhibition(
                    String.valueOf(fields.getOrDefault("name", "rule-" + (inhibitions.size() + 1))),
                    strings(fields.get("source_matchers")),
                    strings(fields.get("target_matchers")),
                    strings(fields.get("equal"))));
        }
        List<Route> routes = new ArrayList<>();
        Map<String, Timing> timings = new TreeMap<>();
        Set<String> ofTheWatchdog = new HashSet<>();
        collectTimings(map(root.get("route")), Timing.STANDARD, timings, ofTheWatchdog);
        collect(map(root.get("route")), Map.of(), Timing.STANDARD.groupWait(), routes);
        Set<Object> likeTheWatchdogs = channels.entrySet().stream()
                .filter(channel -> ofTheWatchdog.contains(channel.getKey().receiver()))
                .map(Map.Entry::getValue)
                .collect(Collectors.toSet());
        return new AlertmanagerConfig(
                List.copyOf(channels.keySet()),
                List.copyOf(routes),
                List.copyOf(inhibitions),
                Map.copyOf(timings),
                channels.entrySet().stream()
                        .filter(channel -> likeTheWatchdogs.contains(channel.getValue()))
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toUnmodifiableSet()));
    }

    private static void collectTimings(
            Map<String, Object> route, Timing inherited, Map<String, Timing> timings, Set<String> ofTheWatchdog) {
        Timing timing = Timing.of(route, inherited);
        if (route.containsKey("receiver")) {
            String receiver = String.valueOf(route.get("receiver"));
            timings.merge(receiver, timing, Timing::longest);
            if (strings(route.get("matchers")).stream()
                    .anyMatch(matcher ->
                            WATCHDOG.matcher(matcher.replace(" ", "")).matches())) {
                ofTheWatchdog.add(receiver);
            }
        }
        list(route.get("routes")).forEach(child -> collectTimings(map(child), timing, timings, ofTheWatchdog));
    }

    private static void collect(
            Map<String, Object> route, Map<String, String> inherited, Duration inheritedWait, List<Route> routes) {
        Map<String, String> labels = new TreeMap<>(inherited);
        for (String matcher : strings(route.get("matchers"))) {
            Matcher simple = CATEGORY_OR_SEVERITY.matcher(matcher.replace(" ", ""));
            if (!simple.matches()) {
                // A route for certain alerts: no drill can take it or its child routes.
                return;
            }
            labels.put(simple.group(1), simple.group(2));
        }
        Duration wait =
                route.containsKey("group_wait") ? duration(String.valueOf(route.get("group_wait"))) : inheritedWait;
        if (route.containsKey("receiver")) {
            routes.add(new Route(String.valueOf(route.get("receiver")), Map.copyOf(labels), wait));
        }
        list(route.get("routes")).forEach(child -> collect(map(child), labels, wait, routes));
    }

    private static Duration duration(String text) {
        Matcher parts = Pattern.compile("([0-9]+)(ms|s|m|h|d|w)").matcher(text);
        Duration sum = Duration.ZERO;
        while (parts.find()) {
            long amount = Long.parseLong(parts.group(1));
            sum = sum.plus(
                    switch (parts.group(2)) {
                        case "ms" -> Duration.ofMillis(amount);
                        case "s" -> Duration.ofSeconds(amount);
                        case "m" -> Duration.ofMinutes(amount);
                        case "h" -> Duration.ofHours(amount);
                        case "d" -> Duration.ofDays(amount);
                        default -> Duration.ofDays(7 * amount);
                    });
        }
        return sum;
    }

    /** The route of a receiver that a drill can take. */
    public Optional<Route> route(String receiver) {
        return routes.stream()
                .filter(route -> route.receiver().equals(receiver))
                .findFirst();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    private static List<String> strings(@Nullable Object value) {
        return list(value).stream().map(String::valueOf).toList();
    }
}
