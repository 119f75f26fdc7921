package dev.sidecar.prometheus;

import dev.sidecar.prometheus.Contracts.Family;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Not a test but a command: records what the programs export, from a Prometheus that scrapes them, and shows by {@code git diff}
 * what an upgrade changed. {@code ./regenerate contracts} runs it where {@code PROMETHEUS_URL} is given.
 */
class ContractRefresh {

    private static final String NO_LABELS = "__name__";

    private final URI prometheus = URI.create(System.getenv("PROMETHEUS_URL"));

    @Test
    void refresh() throws IOException {
        for (String job : jobsOfThePrometheus()) {
            List<Family> families = families(job);
            if (!families.isEmpty()) {
                Contracts.leave(job, versions(job), families);
            }
        }
    }

    private List<String> jobsOfThePrometheus() {
        List<String> jobs = new ArrayList<>();
        PrometheusServer.get(prometheus, "/api/v1/query", Map.of("query", "group by (job) (up == 1)"))
                .path("result")
                .forEach(sample -> jobs.add(sample.path("metric").path("job").asString()));
        // Recorded from one with everything on, by SidecarContractTest.
        jobs.remove("sidecar");
        return jobs;
    }

    private List<Family> families(String job) throws IOException {
        Map<String, String> types = types(job);
        Map<String, Map<String, Set<String>>> labels = new TreeMap<>();
        for (JsonNode series : PrometheusServer.get(
                prometheus, "/api/v1/series", Map.of("match[]", "{job=\"%s\"}".formatted(job), "limit", "100000"))) {
            String name = series.path("__name__").asString();
            if (!isPrometheusOwn(name)) {
                collect(labels.computeIfAbsent(base(name, types), family -> new TreeMap<>()), series);
            }
        }
        Map<String, Map<String, Set<String>>> before = Contracts.before(job);
        return Stream.concat(
                        labels.entrySet().stream()
                                .map(family -> new Family(
                                        family.getKey(),
                                        types.getOrDefault(family.getKey(), "unknown"),
                                        Contracts.closed(
                                                family.getValue(), before.getOrDefault(family.getKey(), Map.of())))),
                        unborn(job, labels.keySet()))
                .sorted(Comparator.comparing(Family::name))
                .toList();
    }

    /** What was recorded before and is only exported after a first event has not gone because it is not there today. */
    private static Stream<Family> unborn(String job, Set<String> seen) throws IOException {
        List<String> bornLater = Files.readAllLines(Contracts.BORN_AT_FIRST_EVENT);
        return !Files.exists(Contracts.file(job))
                ? Stream.empty()
                : Contracts.families(Contracts.file(job))
                        .filter(family -> !seen.contains(family.name()))
                        .filter(family -> Stream.of("", "_bucket", "_sum", "_count")
                                .anyMatch(suffix -> bornLater.contains(family.name() + suffix)));
    }

    private Map<String, String> types(String job) {
        Map<String, String> types = new TreeMap<>();
        PrometheusServer.get(
                        prometheus, "/api/v1/targets/metadata", Map.of("match_target", "{job=\"%s\"}".formatted(job)))
                .forEach(entry -> types.put(
                        entry.path("metric").asString(), entry.path("type").asString()));
        return types;
    }

    private static void collect(Map<String, Set<String>> labels, JsonNode series) {
        series.properties().forEach(label -> {
            if (!label.getKey().equals(NO_LABELS)
                    && !Contracts.TARGET_LABELS.contains(label.getKey())
                    && !Set.of("le", "quantile").contains(label.getKey())) {
                labels.computeIfAbsent(label.getKey(), name -> new TreeSet<>())
                        .add(label.getValue().asString());
            }
        });
    }

    private static String base(String series, Map<String, String> types) {
        for (String suffix : List.of("_bucket", "_sum", "_count")) {
            String base = series.endsWith(suffix) ? series.substring(0, series.length() - suffix.length()) : series;
            if (Set.of("histogram", "summary").contains(types.getOrDefault(base, ""))) {
                return base;
            }
        }
        return series;
    }

    private static boolean isPrometheusOwn(String name) {
        return name.equals("up") || name.startsWith("scrape_") || name.contains(":") || name.startsWith("ALERTS");
    }

    /** Build information, by which the reader knows what was recorded. */
    private String versions(String job) {
        Set<String> versions = new TreeSet<>();
        PrometheusServer.get(
                        prometheus,
                        "/api/v1/query",
                        Map.of("query", "{job=\"%s\",__name__=~\".+_(build|instance)_info|pg_static\"}".formatted(job)))
                .path("result")
                .forEach(sample -> {
                    JsonNode labels = sample.path("metric");
                    String version = labels.path("version")
                            .asString(labels.path("short_version").asString(""));
                    String name =
                            labels.path("__name__").asString().replaceFirst("_(build|instance)?_?(info|static)$", "");
                    versions.add(name + " " + labels.path("redis_version").asString(version));
                });
        return versions.isEmpty() ? job : String.join(", ", versions);
    }
}
