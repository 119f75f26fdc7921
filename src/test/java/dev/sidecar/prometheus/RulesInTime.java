package dev.sidecar.prometheus;

import dev.sidecar.prometheus.RemoteWrite.Samples;
import dev.sidecar.support.PrometheusServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * The shipped rules, evaluated by a real Prometheus over a time that is past: what the expressions say comes from its range queries, what
 * recording rules record and which alerts are active is written back, and {@code for} and {@code keep_firing_for} are applied here as
 * Prometheus does.
 */
final class RulesInTime {

    /** From when to when an alert fired. */
    record Episode(String alert, String severity, Map<String, String> labels, long from, long until) {
        @Override
        public String toString() {
            return "%s (%s) of %s from %s to %s"
                    .formatted(
                            alert,
                            severity,
                            labels.get("service"),
                            java.time.Instant.ofEpochSecond(from),
                            java.time.Instant.ofEpochSecond(until));
        }
    }

    private record Rule(
            String name,
            boolean records,
            String expression,
            long pending,
            long keeps,
            Map<String, String> labels,
            long step) {}

    /** One alert and its labels: pending since, firing since, last seen true. */
    private static final class Active {
        private final Samples samples;
        private long since;
        private long firing = -1;
        private long lastTrue;

        private Active(Samples samples, long since) {
            this.samples = samples;
            this.since = since;
        }
    }

    private static final class Recorded {
        private final Samples samples;
        private long last;

        private Recorded(Samples samples) {
            this.samples = samples;
        }
    }

    /** Rules that wait for less are evaluated as often as Prometheus does. */
    private static final long HASTY = 120;

    private static final long OFTEN = 15;

    private final PrometheusServer prometheus;
    private final List<Rule> rules;
    private final List<Map<Map<String, String>, Active>> active = new ArrayList<>();
    private final List<Map<Map<String, String>, Recorded>> recorded = new ArrayList<>();
    private final List<Episode> episodes = new ArrayList<>();

    RulesInTime(PrometheusServer prometheus, Path rules, long step) {
        this.prometheus = prometheus;
        this.rules = RuleFiles.files(rules, ".yml").stream()
                .flatMap(file -> RuleFiles.maps(RuleFiles.yaml(file).get("groups")).stream())
                .flatMap(group -> RuleFiles.maps(group.get("rules")).stream())
                .map(rule -> rule(rule, step))
                .filter(rule -> !rule.name().equals("Watchdog"))
                // What reads recorded series comes after them, what reads alerts last.
                .sorted(Comparator.comparing(
                        (Rule rule) -> rule.records() ? 0 : rule.expression().contains("ALERTS") ? 2 : 1))
                .toList();
        this.rules.forEach(rule -> {
            active.add(new HashMap<>());
            recorded.add(new HashMap<>());
        });
    }

    private static Rule rule(Map<String, Object> rule, long step) {
        boolean records = rule.containsKey("record");
        long pending = seconds(rule.get("for"));
        return new Rule(
                rule.get(records ? "record" : "alert").toString(),
                records,
                rule.get("expr").toString(),
                pending,
                seconds(rule.get("keep_firing_for")),
                RuleFiles.strings(rule.get("labels")),
                // Whether what lasts for seconds is told must not depend on where they lie within the step.
                !records && pending < HASTY ? Math.min(step, OFTEN) : step);
    }

    private static long seconds(Object duration) {
        return duration == null ? 0 : PromDuration.parse(duration.toString()).toSeconds();
    }

    /** Evaluates all rules at each step. @param watching whether Prometheus was there at that time */
    void evaluate(long from, long until, java.util.function.LongPredicate watching) {
        RemoteWrite write = new RemoteWrite();
        boolean readsAlerts = false;
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            if (!rule.records() && !readsAlerts && rule.expression().contains("ALERTS")) {
                readsAlerts = true;
                write.send(prometheus.address());
            }
            Map<Map<String, String>, Map<Long, Double>> results = results(rule, from, until);
            if (rule.records()) {
                record(rule, recorded.get(i), results, from, until, write);
                write.send(prometheus.address());
            } else {
                alert(rule, active.get(i), results, from, until, watching, write);
            }
        }
        write.send(prometheus.address());
    }

    /** @return what fired so far; what still does ends now */
    List<Episode> episodes(long now) {
        List<Episode> all = new ArrayList<>(episodes);
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            active.get(i).forEach((labels, one) -> {
                if (one.firing >= 0) {
                    all.add(episode(rule, labels, one, now));
                }
            });
        }
        all.sort(Comparator.comparing(Episode::from));
        return all;
    }

    private static Episode episode(Rule rule, Map<String, String> labels, Active one, long until) {
        return new Episode(rule.name(), rule.labels().getOrDefault("severity", ""), labels, one.firing, until);
    }

    private Map<Map<String, String>, Map<Long, Double>> results(Rule rule, long from, long until) {
        JsonNode result = PrometheusServer.get(
                        prometheus.address(),
                        "/api/v1/query_range",
                        Map.of(
                                "query",
                                rule.expression(),
                                "start",
                                "" + from,
                                "end",
                                "" + (until - rule.step()),
                                "step",
                                "" + rule.step()))
                .path("result");
        Map<Map<String, String>, Map<Long, Double>> results = new LinkedHashMap<>();
        for (JsonNode series : result) {
            Map<String, String> labels = new TreeMap<>();
            series.path("metric").properties().forEach(label -> {
                if (!label.getKey().equals("__name__")) {
                    labels.put(label.getKey(), label.getValue().asString());
                }
            });
            Map<Long, Double> values = results.computeIfAbsent(labels, same -> new HashMap<>());
            for (JsonNode value : series.path("values")) {
                values.put(value.path(0).asLong(), number(value.path(1).asString()));
            }
        }
        return results;
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    private void record(
            Rule rule,
            Map<Map<String, String>, Recorded> known,
            Map<Map<String, String>, Map<Long, Double>> results,
            long from,
            long until,
            RemoteWrite write) {
        results.keySet()
                .forEach(labels ->
                        known.computeIfAbsent(labels, fresh -> new Recorded(new Samples(rule.name(), labels))));
        known.forEach((labels, one) -> {
            Map<Long, Double> values = results.getOrDefault(labels, Map.of());
            for (long at = from; at < until; at += rule.step()) {
                Double value = values.get(at);
                if (value != null) {
                    one.samples.add(at, value);
                    one.last = at;
                } else if (one.last == at - rule.step()) {
                    one.samples.add(at, RemoteWrite.STALE);
                }
            }
            write.add(one.samples);
        });
    }

    private void alert(
            Rule rule,
            Map<Map<String, String>, Active> known,
            Map<Map<String, String>, Map<Long, Double>> results,
            long from,
            long until,
            java.util.function.LongPredicate watching,
            RemoteWrite write) {
        if (results.isEmpty() && known.isEmpty()) {
            return;
        }
        for (long at = from; at < until; at += rule.step()) {
            if (!watching.test(at)) {
                continue;
            }
            for (Map<String, String> labels : Stream.concat(results.keySet().stream(), known.keySet().stream())
                    .distinct()
                    .toList()) {
                boolean holds = results.getOrDefault(labels, Map.of()).containsKey(at);
                Active one = known.get(labels);
                if (one == null) {
                    if (!holds) {
                        continue;
                    }
                    Map<String, String> all = new TreeMap<>(labels);
                    all.putAll(rule.labels());
                    all.put("alertname", rule.name());
                    one = new Active(new Samples("ALERTS", all), at);
                    known.put(labels, one);
                }
                if (holds) {
                    one.lastTrue = at;
                    if (one.firing < 0 && at - one.since >= rule.pending()) {
                        one.firing = at;
                    }
                } else if (one.firing < 0 || at - one.lastTrue >= rule.keeps()) {
                    if (one.firing >= 0) {
                        episodes.add(episode(rule, labels, one, at));
                    }
                    one.samples.add(at, RemoteWrite.STALE);
                    write.add(one.samples);
                    known.remove(labels);
                    continue;
                }
                one.samples.add(at, 1);
            }
        }
        known.values().forEach(one -> write.add(one.samples));
    }
}
