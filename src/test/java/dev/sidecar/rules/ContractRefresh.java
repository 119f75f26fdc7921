package dev.sidecar.rules;

import dev.sidecar.rules.Contracts.Family;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Not a test but a command: records what the programs export, from a Prometheus that scrapes them, and shows by {@code git diff}
 * what an upgrade changed.
 *
 * <pre>mvn -Dtest=ContractRefresh -Dcontracts.prometheus=http://127.0.0.1:9090 test</pre>
 *
 * {@code -Dcontracts.jobs=redis,node} limits it to these jobs.
 */
class ContractRefresh {

    /** Labels with few values that mean the same everywhere; rules compare with them. */
    private static final Set<String> CLOSED = Set.of("area", "mode", "state");

    private static final String NO_LABELS = "__name__";

    private final URI prometheus = URI.create(System.getProperty("contracts.prometheus", "http://127.0.0.1:9090"));

    @Test
    void refresh() throws IOException {
        String jobs = System.getProperty("contracts.jobs", "");
        for (String job : jobs.isEmpty() ? jobsOfThePrometheus() : List.of(jobs.split(","))) {
            List<Family> families = families(job);
            if (!families.isEmpty()) {
                write(job, families);
            }
        }
    }

    private List<String> jobsOfThePrometheus() {
        List<String> jobs = new ArrayList<>();
        PrometheusServer.get(prometheus, "/api/v1/query", Map.of("query", "group by (job) (up == 1)"))
                .path("result")
                .forEach(sample -> jobs.add(sample.path("metric").path("job").asString()));
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
        Map<String, Map<String, Set<String>>> before = before(job);
        return Stream.concat(
                        labels.entrySet().stream()
                                .map(family -> new Family(
                                        family.getKey(),
                                        types.getOrDefault(family.getKey(), "unknown"),
                                        closed(family.getValue(), before.getOrDefault(family.getKey(), Map.of())))),
                        unborn(job, labels.keySet()))
                .sorted(Comparator.comparing(Family::name))
                .toList();
    }

    /** What was recorded before and is only exported after a first event has not gone because it is not there today. */
    private static Stream<Family> unborn(String job, Set<String> seen) throws IOException {
        List<String> bornLater = Files.readAllLines(Contracts.BORN_AT_FIRST_EVENT);
        return !Files.exists(file(job))
                ? Stream.empty()
                : Contracts.families(file(job))
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

    /** Values that a person wrote down stay: the program may not have shown all of them while it was looked at. */
    private static Map<String, Set<String>> closed(Map<String, Set<String>> seen, Map<String, Set<String>> before) {
        Map<String, Set<String>> closed = new TreeMap<>();
        seen.forEach((label, values) -> {
            Set<String> written = new TreeSet<>(before.getOrDefault(label, Set.of()));
            if (CLOSED.contains(label) || !written.isEmpty()) {
                written.addAll(values);
            }
            closed.put(label, written);
        });
        return closed;
    }

    private static Map<String, Map<String, Set<String>>> before(String job) {
        Path file = file(job);
        return Files.exists(file)
                ? Contracts.families(file).collect(Collectors.toMap(Family::name, Family::labels, (a, b) -> b))
                : Map.of();
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

    private void write(String job, List<Family> families) throws IOException {
        StringBuilder text = new StringBuilder("# " + versions(job) + "\n");
        families.forEach(family -> text.append(family.line()).append('\n'));
        Files.writeString(file(job), text);
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

    private static Path file(String job) {
        return Contracts.DIRECTORY.resolve(job + ".txt");
    }
}
