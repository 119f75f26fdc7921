package dev.sidecar.loki;

import dev.sidecar.peers.Peer;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * Asks Loki for the lines that it stored. Every method throws {@link dev.sidecar.peers.NotConfigured} or
 * {@link dev.sidecar.peers.PeerUnavailable} if Loki cannot be asked.
 *
 * @see <a href="https://grafana.com/docs/loki/latest/reference/loki-http-api/">HTTP API</a>
 */
public final class Loki {

    /** The services' clocks differ a little, and a slow request writes its last line long after its first. */
    private static final Duration AROUND_AN_ID = Duration.ofMinutes(5);

    private static final Duration WIDE = Duration.ofHours(24);
    private static final int UUID_LENGTH = 36;
    private static final int TIME_ORDERED = 7;

    private final Peer peer;
    private final String stack;
    private final Clock clock;

    /**
     * @param peer Loki's address
     * @param stack the stack whose lines it reads
     * @param clock the current time
     */
    Loki(Peer peer, String stack, Clock clock) {
        this.peer = peer;
        this.stack = stack;
        this.clock = clock;
    }

    /** Loki's address, for links; empty if it is not configured. */
    public Optional<URI> address() {
        return peer.address();
    }

    /** Writes the selector of all streams of this stack. @param labels more matchers, or none */
    public String streams(String... labels) {
        List<String> matchers = new ArrayList<>(List.of("stack=\"" + stack + "\""));
        matchers.addAll(List.of(labels));
        return "{" + String.join(",", matchers) + "}";
    }

    /**
     * Finds all lines of one request, of all services, in order. The query holds the id as a literal, which Loki looks for in the text of the
     * lines only: the services write it there.
     *
     * @param requestId a well-formed request id
     * @param limit greatest number of lines
     */
    public List<LogLine> request(String requestId, int limit) {
        return lines(streams() + " |= `" + requestId + "`", windowOf(requestId), limit);
    }

    /** The window in which to look for a request's lines: around the time in its id if that is a UUIDv7, else the last day. */
    public Window windowOf(String requestId) {
        return timeIn(requestId)
                .map(time -> Window.around(time, AROUND_AN_ID))
                .orElseGet(() -> Window.before(clock.instant().plus(AROUND_AN_ID), WIDE));
    }

    private static Optional<Instant> timeIn(String requestId) {
        if (requestId.length() != UUID_LENGTH) {
            return Optional.empty();
        }
        try {
            UUID id = UUID.fromString(requestId);
            return id.version() == TIME_ORDERED
                    ? Optional.of(Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Finds the lines that a LogQL query selects within a window, oldest first. */
    public List<LogLine> lines(String logql, Window window, int limit) {
        return peer.understood(() -> readLines(logql, window, limit));
    }

    private List<LogLine> readLines(String logql, Window window, int limit) {
        JsonNode streams = range(logql, window, limit, "forward").path("result");
        List<LogLine> lines = new ArrayList<>();
        for (JsonNode stream : streams) {
            Map<String, String> labels = labels(stream.path("stream"));
            for (JsonNode value : stream.path("values")) {
                lines.add(line(labels, value));
            }
        }
        lines.sort(Comparator.comparing(LogLine::time));
        return lines;
    }

    /** Finds the newest line that a LogQL query selects within a window. */
    public Optional<LogLine> newest(String logql, Window window) {
        return peer.understood(() -> first(range(logql, window, 1, "backward").path("result")));
    }

    /** Finds the oldest line that a LogQL query selects within a window. */
    public Optional<LogLine> oldest(String logql, Window window) {
        return peer.understood(() -> first(range(logql, window, 1, "forward").path("result")));
    }

    private static Optional<LogLine> first(JsonNode streams) {
        JsonNode stream = streams.path(0);
        JsonNode value = stream.path("values").path(0);
        return value.isMissingNode() ? Optional.empty() : Optional.of(line(labels(stream.path("stream")), value));
    }

    private static LogLine line(Map<String, String> labels, JsonNode value) {
        return new LogLine(
                instant(value.path(0).asString("0")), labels, value.path(1).asString(""));
    }

    /** Evaluates a metric query now. @return the values by the labels that the query keeps */
    public Map<Map<String, String>, Double> metric(String logql) {
        return peer.understood(() -> readMetric(logql));
    }

    private Map<Map<String, String>, Double> readMetric(String logql) {
        Map<Map<String, String>, Double> values = new LinkedHashMap<>();
        JsonNode result = peer.get("/loki/api/v1/query", Map.of("query", logql, "time", nanos(clock.instant())))
                .path("data")
                .path("result");
        for (JsonNode element : result) {
            values.put(
                    labels(element.path("metric")),
                    Double.parseDouble(element.path("value").path(1).asString("NaN")));
        }
        return values;
    }

    /** Counts the elements that a query of either kind returns within a window, as a panel would show them. */
    public int resultSize(String logql, Window window) {
        return range(logql, window, 10, "backward").path("result").size();
    }

    /** Counts the values of each stream label of this stack within a window. */
    public Map<String, Integer> labelValues(Window window) {
        return peer.understood(() -> readLabelValues(window));
    }

    private Map<String, Integer> readLabelValues(Window window) {
        Map<String, TreeSet<String>> values = new LinkedHashMap<>();
        JsonNode series = peer.get(
                        "/loki/api/v1/series",
                        Map.of("match[]", streams(), "start", nanos(window.from()), "end", nanos(window.to())))
                .path("data");
        for (JsonNode stream : series) {
            labels(stream)
                    .forEach((label, value) -> values.computeIfAbsent(label, none -> new TreeSet<>())
                            .add(value));
        }
        Map<String, Integer> counts = new LinkedHashMap<>();
        values.forEach((label, seen) -> counts.put(label, seen.size()));
        return counts;
    }

    /** Reads the running Loki's configuration, as YAML. */
    public String configuration() {
        return peer.text("/config");
    }

    private JsonNode range(String logql, Window window, int limit, String direction) {
        return peer.get(
                        "/loki/api/v1/query_range",
                        Map.of(
                                "query", logql,
                                "start", nanos(window.from()),
                                "end", nanos(window.to()),
                                "limit", String.valueOf(limit),
                                "direction", direction))
                .path("data");
    }

    private static Map<String, String> labels(JsonNode node) {
        Map<String, String> labels = new LinkedHashMap<>();
        node.properties()
                .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asString("")));
        return labels;
    }

    private static String nanos(Instant moment) {
        return String.valueOf(moment.getEpochSecond()) + String.format("%09d", moment.getNano());
    }

    private static Instant instant(String nanos) {
        long value = Long.parseLong(nanos);
        return Instant.ofEpochSecond(value / 1_000_000_000L, value % 1_000_000_000L);
    }
}
