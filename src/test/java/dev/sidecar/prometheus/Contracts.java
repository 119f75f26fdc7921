package dev.sidecar.prometheus;

import dev.sidecar.support.Regenerated;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The metrics that each program really exports, recorded under {@code prometheus/contracts}: a line for each metric family, {@code name type
 * label,label=value|value,…}. Values stand only where a label has a closed set of them. The labels of every target are not
 * repeated. {@link ContractRefresh} writes the files, {@link SidecarContractTest} that of the sidecar.
 */
public final class Contracts {

    static final Path DIRECTORY = Path.of("prometheus/contracts");

    /** Metrics that a healthy program does not export before something happened; the sidecar does not miss them. */
    static final Path BORN_AT_FIRST_EVENT = DIRECTORY.resolve("born-at-first-event.txt");

    /** Prometheus gives these to every series of a target. */
    public static final Set<String> TARGET_LABELS = Set.of("stack", "host", "service", "role", "job", "instance");

    /** Labels with few values that mean the same everywhere; rules compare with them. */
    private static final Set<String> CLOSED = Set.of("area", "mode", "state");

    private static final Family UP = new Family("up", "gauge", Map.of());
    /** It has the labels of its rule, too, of which rules read these. */
    private static final Family ALERTS = new Family(
            "ALERTS",
            "gauge",
            Map.of(
                    "alertname", Set.of(),
                    "alertstate", Set.of("pending", "firing"),
                    "severity", Set.of(),
                    "database", Set.of(),
                    "generation", Set.of()));

    private final Map<String, List<Family>> families = new TreeMap<>();

    private Contracts(Collection<Family> all) {
        all.forEach(family -> families.computeIfAbsent(family.name(), name -> new ArrayList<>())
                .add(family));
    }

    /** A metric as a program exports it; a label with no values may have any. */
    public record Family(String name, String type, Map<String, Set<String>> labels) {

        static Family parse(String line) {
            String[] parts = line.split(" ", 3);
            Map<String, Set<String>> labels = new LinkedHashMap<>();
            if (parts.length == 3) {
                for (String label : parts[2].split(",")) {
                    String[] sides = label.split("=", 2);
                    labels.put(
                            sides[0],
                            sides.length == 1 ? Set.of() : new TreeSet<>(Arrays.asList(sides[1].split("\\|"))));
                }
            }
            return new Family(parts[0], parts[1], labels);
        }

        String line() {
            List<String> written = labels.entrySet().stream()
                    .map(label -> label.getValue().isEmpty()
                            ? label.getKey()
                            : label.getKey() + "=" + String.join("|", label.getValue()))
                    .toList();
            return (name + " " + type + " " + String.join(",", written)).strip();
        }
    }

    /** All files together. */
    public static Contracts read() {
        return of(files().stream().flatMap(Contracts::families).toList());
    }

    static List<Path> files() {
        return RuleFiles.files(DIRECTORY, ".txt").stream()
                .filter(file -> !file.equals(BORN_AT_FIRST_EVENT))
                .toList();
    }

    static Contracts of(Collection<Family> families) {
        return new Contracts(families);
    }

    static Stream<Family> families(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Family::parse);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * @param series the name in a query, so also {@code …_bucket}, {@code …_sum} and {@code …_count}
     * @return its labels with those of the target; empty if no program exports it
     */
    public Optional<Map<String, Set<String>>> labels(String series) {
        if (series.equals("up") || series.startsWith("scrape_")) {
            return Optional.of(complete(List.of(UP), Set.of()));
        }
        if (series.equals("ALERTS") || series.equals("ALERTS_FOR_STATE")) {
            return Optional.of(complete(List.of(ALERTS), Set.of()));
        }
        if (families.containsKey(series)) {
            return Optional.of(complete(
                    families.get(series),
                    families.get(series).get(0).type().equals("summary") ? Set.of("quantile") : Set.of()));
        }
        for (String suffix : List.of("_bucket", "_sum", "_count")) {
            String base = series.endsWith(suffix) ? series.substring(0, series.length() - suffix.length()) : "";
            List<Family> found = families.getOrDefault(base, List.of()).stream()
                    .filter(family -> family.type().equals("histogram")
                            || family.type().equals("summary") && !suffix.equals("_bucket"))
                    .toList();
            if (!found.isEmpty()) {
                return Optional.of(complete(found, suffix.equals("_bucket") ? Set.of("le") : Set.of()));
            }
        }
        return Optional.empty();
    }

    static Path file(String job) {
        return DIRECTORY.resolve(job + ".txt");
    }

    /**
     * The labels of a family as they are to be recorded. Values that a person wrote down stay: the program may not have shown all of
     * them while it was looked at.
     *
     * @param seen each label with the values that it had
     */
    static Map<String, Set<String>> closed(Map<String, Set<String>> seen, Map<String, Set<String>> before) {
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

    /** The labels of each family as they stand in the file of a job; none if there is no file yet. */
    static Map<String, Map<String, Set<String>>> before(String job) {
        return Files.exists(file(job))
                ? families(file(job)).collect(Collectors.toMap(Family::name, Family::labels, (a, b) -> b))
                : Map.of();
    }

    /** Leaves the file of a job for {@code ./regenerate contracts}. */
    static void leave(String job, String what, List<Family> families) throws IOException {
        StringBuilder text = new StringBuilder("# " + what + "\n");
        families.forEach(family -> text.append(family.line()).append('\n'));
        Regenerated.leave(file(job), text.toString());
    }

    private static Map<String, Set<String>> complete(List<Family> families, Set<String> more) {
        Map<String, Set<String>> labels = new TreeMap<>();
        TARGET_LABELS.forEach(label -> labels.put(label, Set.of()));
        more.forEach(label -> labels.put(label, Set.of()));
        // Several programs may export one name (process_start_time_seconds); what any of them has may be asked for.
        families.forEach(family -> family.labels()
                .forEach((label, values) -> labels.merge(label, values, (a, b) -> {
                    Set<String> both = new TreeSet<>(a);
                    both.addAll(b);
                    return a.isEmpty() || b.isEmpty() ? Set.of() : both;
                })));
        return labels;
    }
}
