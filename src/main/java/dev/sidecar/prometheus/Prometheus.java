package dev.sidecar.prometheus;

import dev.sidecar.peers.Peer;
import dev.sidecar.secrets.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.springframework.http.HttpHeaders;
import tools.jackson.databind.JsonNode;

/**
 * Asks Prometheus over its HTTP API. Every method throws {@link dev.sidecar.peers.NotConfigured} or
 * {@link dev.sidecar.peers.PeerUnavailable} if it cannot be asked.
 *
 * @see <a href="https://prometheus.io/docs/prometheus/latest/querying/api/">HTTP API</a>
 */
public final class Prometheus {

    private final Peer peer;
    private final PrometheusProperties properties;

    Prometheus(PrometheusProperties properties) {
        this.properties = properties;
        this.peer = new Peer(
                "Prometheus",
                "sidecar.rules.prometheus-url",
                properties.prometheusUrl(),
                properties.timeout(),
                headers -> login(headers, properties));
    }

    private static void login(HttpHeaders headers, PrometheusProperties properties) {
        Secret password = properties.password();
        if (password != null) {
            headers.setBasicAuth(properties.username(), password.reveal(), StandardCharsets.UTF_8);
        }
    }

    /** Prometheus' address, for links; empty if it is not configured. */
    public Optional<URI> address() {
        return peer.address();
    }

    /** The scrape jobs that must exist, from the settings. */
    public Set<String> expectedTargets() {
        return properties.expectedTargets();
    }

    /** Lists the active scrape targets. */
    public List<Target> targets() {
        return peer.understood(this::readTargets);
    }

    private List<Target> readTargets() {
        List<Target> targets = new ArrayList<>();
        for (JsonNode target :
                data("/api/v1/targets", Map.of("state", "active")).path("activeTargets")) {
            targets.add(new Target(
                    target.path("labels").path("job").asString(""),
                    target.path("labels").path("instance").asString(""),
                    target.path("health").asString("").equals("up"),
                    target.path("lastError").asString(""),
                    Instant.parse(target.path("lastScrape").asString()),
                    PromDuration.parse(target.path("scrapeInterval").asString("15s"))));
        }
        return targets;
    }

    /** Lists the loaded alerting and recording rules. */
    public List<Rule> rules() {
        return peer.understood(this::readRules);
    }

    private List<Rule> readRules() {
        List<Rule> rules = new ArrayList<>();
        for (JsonNode group : data("/api/v1/rules", Map.of()).path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                rules.add(new Rule(
                        rule.path("name").asString(""),
                        group.path("name").asString(""),
                        rule.path("type").asString("").equals("alerting"),
                        rule.path("query").asString(""),
                        rule.path("health").asString("").equals("ok"),
                        rule.path("lastError").asString(""),
                        Instant.parse(rule.path("lastEvaluation").asString()),
                        labels(rule.path("labels"))));
            }
        }
        return rules;
    }

    /** Runs an instant query that returns a vector or a scalar. */
    public List<Sample> query(String promql) {
        return peer.understood(() -> readQuery(promql));
    }

    private List<Sample> readQuery(String promql) {
        JsonNode result = peer.post("/api/v1/query", Map.of("query", promql)).path("data");
        if (result.path("resultType").asString("").equals("scalar")) {
            return List.of(new Sample(Map.of(), number(result.path("result").path(1))));
        }
        List<Sample> samples = new ArrayList<>();
        for (JsonNode element : result.path("result")) {
            samples.add(new Sample(
                    labels(element.path("metric")), number(element.path("value").path(1))));
        }
        return samples;
    }

    /** Runs a query that returns at most one element; empty if it returns none. */
    public OptionalDouble value(String promql) {
        return query(promql).stream().mapToDouble(Sample::value).findFirst();
    }

    /**
     * Runs a query at regular moments, to show its history.
     *
     * @param promql returns elements that differ by one label
     * @param label that label
     * @param from first moment
     * @param to last moment
     * @param step between two moments
     * @return by the label's value, then by moment
     */
    public Map<String, Map<Instant, Double>> history(
            String promql, String label, Instant from, Instant to, Duration step) {
        return peer.understood(() -> readHistory(promql, label, from, to, step));
    }

    private Map<String, Map<Instant, Double>> readHistory(
            String promql, String label, Instant from, Instant to, Duration step) {
        JsonNode result = peer.post(
                        "/api/v1/query_range",
                        Map.of(
                                "query", promql,
                                "start", from.toString(),
                                "end", to.toString(),
                                "step", String.valueOf(step.toSeconds())))
                .path("data")
                .path("result");
        Map<String, Map<Instant, Double>> history = new LinkedHashMap<>();
        for (JsonNode element : result) {
            Map<Instant, Double> values = new LinkedHashMap<>();
            for (JsonNode value : element.path("values")) {
                values.put(Instant.ofEpochSecond(value.path(0).asLong()), number(value.path(1)));
            }
            history.put(element.path("metric").path(label).asString(""), values);
        }
        return history;
    }

    /** Lists the selectors in an expression, found by Prometheus' own parser. */
    public Set<Selector> selectors(String promql) {
        return peer.understood(() -> Selector.in(
                peer.post("/api/v1/parse_query", Map.of("query", promql)).path("data")));
    }

    /** Looks for series with this metric's name and these labels. */
    public Presence presence(Selector selector) {
        if (selector.metric().isEmpty()
                || value("count(last_over_time(" + selector.existence() + "[15m]))")
                                .orElse(0)
                        > 0) {
            return Presence.LIVE;
        }
        if (MetricSource.isNotExpected(selector.metric(), properties.expectedTargets())) {
            return Presence.NOT_EXPECTED;
        }
        return isBornAtFirstEvent(selector.metric()) ? Presence.UNBORN : Presence.MISSING;
    }

    /** Tells whether a healthy program does not export this metric before something happened. */
    public boolean isBornAtFirstEvent(String metric) {
        return properties.bornAtFirstEvent().contains(metric);
    }

    /** Reads the retention of the running process. */
    public Duration retention() {
        return peer.understood(() -> {
            String retention = data("/api/v1/status/runtimeinfo", Map.of())
                    .path("storageRetention")
                    .asString("0d");
            // A size limit may follow the time limit: "30d or 5GB".
            return PromDuration.parse(retention.split(" or ")[0]);
        });
    }

    private JsonNode data(String path, Map<String, String> parameters) {
        return peer.get(path, parameters).path("data");
    }

    private static double number(JsonNode value) {
        return switch (value.asString("NaN")) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(value.asString("NaN"));
        };
    }

    private static Map<String, String> labels(JsonNode node) {
        Map<String, String> labels = new LinkedHashMap<>();
        node.properties()
                .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asString("")));
        return labels;
    }
}
