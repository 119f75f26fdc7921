package dev.sidecar.prometheus;

import dev.sidecar.prometheus.SimulatedYear.Told;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What was measured over whole years, as it is committed: it holds for the rules and the generator it was measured with. */
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
            List<Long> after = told.stream().map(Told::after).sorted().toList();
            text.append("fault %s times=%d limit=%d median=%d worst=%d\n"
                    .formatted(
                            fault,
                            told.size(),
                            told.stream()
                                    .mapToLong(one -> one.fault().within())
                                    .max()
                                    .orElseThrow(),
                            after.get(after.size() / 2),
                            after.get(after.size() - 1)));
        });
        return text.toString();
    }

    static String recorded() throws IOException {
        return Files.exists(FILE) ? Files.readString(FILE) : "";
    }

    /** Changes with what the rules say, not with their texts, and with the life that is simulated. */
    static String fingerprint() throws IOException {
        List<String> parts = new ArrayList<>();
        for (Path file : RuleFiles.files(RuleFiles.RULES, ".yml")) {
            for (Map<String, Object> group : RuleFiles.maps(RuleFiles.yaml(file).get("groups"))) {
                for (Map<String, Object> rule : RuleFiles.maps(group.get("rules"))) {
                    Map<String, Object> said = new TreeMap<>(rule);
                    said.remove("annotations");
                    parts.add(said.toString());
                }
            }
        }
        for (Class<?> source : List.of(SmallTeam.class, TeamLife.class, PlantedFaults.class)) {
            parts.add(Files.readString(SOURCES.resolve(source.getSimpleName() + ".java")));
        }
        return sha256(String.join("\n", parts)).substring(0, 16);
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
                faults.append("| %s | %s | %s | %s | %s | %s |\n"
                        .formatted(
                                words[1],
                                words[2],
                                of.get("times"),
                                time(of.get("limit")),
                                time(of.get("median")),
                                time(of.get("worst"))));
            }
        }
        return """
                | seed | days | faults planted | told late or never | false pages | false warnings |
                |---|---|---|---|---|---|
                %s
                | fault of | severity | planted | told within | told after (median) | told after (worst) |
                |---|---|---|---|---|---|
                %s""".formatted(years, faults);
    }

    private static Map<String, String> values(String[] words, int from) {
        Map<String, String> values = new TreeMap<>();
        for (int i = from; i < words.length; i++) {
            values.put(words[i].split("=")[0], words[i].split("=")[1]);
        }
        return values;
    }

    private static String time(String seconds) {
        long all = Long.parseLong(seconds);
        return all < 0
                ? "never"
                : all < 120
                        ? all + " s"
                        : all < 7200
                                ? Math.round(all / 60.0) + " min"
                                : all < 172_800 ? "%.1f h".formatted(all / 3600.0) : "%.1f d".formatted(all / 86_400.0);
    }
}
