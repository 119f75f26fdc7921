package dev.sidecar.prometheus;

import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.prometheus.SimulatedYear.Told;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The figures of whole years, as they are committed: they hold for the rules and the generator they were measured with. */
final class YearRecord {

    static final Path FILE = Path.of("prometheus/tests/year.txt");
    private static final Path SOURCES = Path.of("src/test/java/dev/sidecar/prometheus");

    private YearRecord() {}

    static String of(List<SimulatedYear> years) throws IOException {
        StringBuilder text = new StringBuilder("of ").append(fingerprint()).append('\n');
        for (SimulatedYear year : years) {
            text.append("year seed=%d days=%d planted=%d late=%d pages=%d warnings=%d\n"
                    .formatted(
                            year.seed(),
                            year.days(),
                            year.told().size(),
                            year.late().size(),
                            year.falsePages().size(),
                            year.falseWarnings().size()));
        }
        Map<String, List<Told>> faults = new TreeMap<>(years.stream()
                .flatMap(year -> year.told().stream())
                .collect(Collectors.groupingBy(
                        told -> told.fault().alert() + " " + told.fault().severity())));
        faults.forEach((fault, told) -> {
            List<Long> after = told.stream()
                    .map(Told::after)
                    .sorted(Comparator.comparing(seconds -> seconds == Told.NEVER ? Long.MAX_VALUE : seconds))
                    .toList();
            text.append("fault %s times=%d late=%d limit=%d median=%s worst=%s\n"
                    .formatted(
                            fault,
                            told.size(),
                            told.stream().filter(one -> !one.inTime()).count(),
                            told.stream()
                                    .mapToLong(one -> one.fault().within())
                                    .max()
                                    .orElseThrow(),
                            said(after.get(after.size() / 2)),
                            said(after.get(after.size() - 1))));
        });
        Map<String, Long> alarms = years.stream()
                .flatMap(year -> Stream.concat(year.falsePages().stream(), year.falseWarnings().stream()))
                .collect(Collectors.groupingBy(
                        alarm -> alarm.alert() + " " + alarm.severity(), TreeMap::new, Collectors.counting()));
        alarms.forEach((alarm, times) -> text.append("false %s times=%d\n".formatted(alarm, times)));
        return text.toString();
    }

    private static String said(long after) {
        return after == Told.NEVER ? "never" : "" + after;
    }

    static String recorded() throws IOException {
        return Files.exists(FILE) ? Files.readString(FILE) : "";
    }

    static String fingerprint() throws IOException {
        return fingerprint(RuleFiles.RULES);
    }

    /**
     * Changes with what the rules say, not with their texts, and with the life that is simulated; not with rules of what the simulated
     * team does not have.
     */
    static String fingerprint(Path rules) throws IOException {
        List<String> parts = new ArrayList<>();
        for (Path file : RuleFiles.files(rules, ".yml")) {
            for (Map<String, Object> group : RuleFiles.maps(RuleFiles.yaml(file).get("groups"))) {
                for (Map<String, Object> rule : RuleFiles.maps(group.get("rules"))) {
                    Map<String, Object> said = new TreeMap<>(rule);
                    said.remove("annotations");
                    if (isSimulated(said)) {
                        parts.add(said.toString());
                    }
                }
            }
        }
        parts.add(SimulatedYear.silenced().toString());
        for (Class<?> source : List.of(
                SmallTeam.class,
                OptionalParts.class,
                TeamLife.class,
                PlantedFaults.class,
                SimulatedYear.class,
                RulesInTime.class)) {
            parts.add(Files.readString(SOURCES.resolve(source.getSimpleName() + ".java")));
        }
        return sha256(String.join("\n", parts)).substring(0, 16);
    }

    /** An alert has a fault; what is recorded, for others to read, is of what the team has. */
    private static boolean isSimulated(Map<String, Object> rule) {
        if (rule.containsKey("alert")) {
            return PlantedFaults.all().stream()
                    .anyMatch(fault -> fault.alert().equals(rule.get("alert"))
                            && fault.severity()
                                    .equals(RuleFiles.strings(rule.get("labels"))
                                            .get("severity")));
        }
        String expression = rule.get("expr").toString();
        return expression.contains(":")
                || new SmallTeam(0)
                        .metrics().stream()
                                .anyMatch(metric -> Pattern.compile("\\b" + metric + "\\b")
                                        .matcher(expression)
                                        .find());
    }

    /** The alerts that have no fault. */
    static List<Alert> notSimulated(List<Alert> alerts) {
        Set<String> planted = PlantedFaults.all().stream().map(Object::toString).collect(Collectors.toSet());
        return alerts.stream()
                .filter(alert -> !alert.name().equals("Watchdog") && !planted.contains(alert.toString()))
                .toList();
    }

    static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** For docs/alerts.md. */
    static String table() throws IOException {
        StringBuilder years = new StringBuilder();
        StringBuilder faults = new StringBuilder();
        StringBuilder alarms = new StringBuilder();
        for (String line : recorded().lines().toList()) {
            String[] words = line.split(" ");
            if (words[0].equals("year")) {
                Map<String, String> of = values(words, 1);
                double months = Double.parseDouble(of.get("days")) / 30;
                years.append("| %s | %s | %s | %s | %s (%.2f a month) | %.1f a month |\n"
                        .formatted(
                                of.get("seed"),
                                of.get("days"),
                                of.get("planted"),
                                of.get("late"),
                                of.get("pages"),
                                Double.parseDouble(of.get("pages")) / months,
                                Double.parseDouble(of.get("warnings")) / months));
            } else if (words[0].equals("fault")) {
                Map<String, String> of = values(words, 3);
                faults.append("| %s | %s | %s | %s | %s | %s | %s |\n"
                        .formatted(
                                words[1],
                                words[2],
                                of.get("times"),
                                of.get("late"),
                                time(of.get("limit")),
                                time(of.get("median")),
                                time(of.get("worst"))));
            } else if (words[0].equals("false")) {
                alarms.append("| %s | %s | %s |\n"
                        .formatted(words[1], words[2], values(words, 3).get("times")));
            }
        }
        return """
                | seed | days | faults planted | told late or never | false pages | false warnings |
                |---|---|---|---|---|---|
                %s
                | fault of | severity | planted | told late or never | told within | told after (median) | told after (worst) |
                |---|---|---|---|---|---|---|
                %s
                | false alarm of | severity | times in both |
                |---|---|---|
                %s""".formatted(years, faults, alarms);
    }

    /** For docs/alerts.md. */
    static String lateness() throws IOException {
        Map<String, Integer> late = new TreeMap<>();
        Set<String> severities = new TreeSet<>();
        for (String line :
                recorded().lines().filter(line -> line.startsWith("fault ")).toList()) {
            String[] words = line.split(" ");
            int times = Integer.parseInt(values(words, 3).get("late"));
            if (times > 0) {
                late.merge(words[1], times, Integer::sum);
                severities.add(words[2]);
            }
        }
        int times = late.values().stream().mapToInt(Integer::intValue).sum();
        return times == 0
                ? "No fault was told late."
                : "Told late: %d, of %s (%s)."
                        .formatted(times, String.join(", ", late.keySet()), String.join(", ", severities));
    }

    /** For docs/alerts.md. */
    static String gaps() {
        String names = notSimulated(RuleFiles.alerts()).stream()
                .map(Alert::name)
                .distinct()
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : " Not simulated, as that team does not have what they look at: " + names + ".";
    }

    private static Map<String, String> values(String[] words, int from) {
        Map<String, String> values = new TreeMap<>();
        for (int i = from; i < words.length; i++) {
            values.put(words[i].split("=")[0], words[i].split("=")[1]);
        }
        return values;
    }

    private static String time(String seconds) {
        if (seconds.equals("never")) {
            return seconds;
        }
        long all = Long.parseLong(seconds);
        return all < 120
                ? all + " s"
                : all < 7200
                        ? Math.round(all / 60.0) + " min"
                        : all < 172_800 ? "%.1f h".formatted(all / 3600.0) : "%.1f d".formatted(all / 86_400.0);
    }
}
