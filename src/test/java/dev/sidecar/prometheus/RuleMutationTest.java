package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.support.Programs;
import dev.sidecar.support.Regenerated;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Spoils each alert in turn, its thresholds, its comparisons and its waiting time, and wants a case of that alert to fail: so the cases
 * are close to the mark. What was scored stands in {@code prometheus/tests/mutations.txt}; an alert is scored again only when its rule or
 * its cases have changed. {@code ./regenerate mutations} writes the file.
 */
class RuleMutationTest {

    private static final Path FILE = Path.of("prometheus/tests/mutations.txt");
    private static final Pattern THRESHOLD = Pattern.compile("([<>]=?) (-?[\\d.]+(?:e[+-]?\\d+)?)");
    private static final Pattern COMPARISON = Pattern.compile(" (==|!=|>=|<=|>|<) ");
    private static final Map<String, String> OPPOSITE =
            Map.of("==", "!=", "!=", "==", ">", "<=", "<=", ">", "<", ">=", ">=", "<");
    private static final Pattern WAIT = Pattern.compile("\n {8}for: (\\d+)(s|m|h|d)");

    /**
     * Those that have changed; {@code all}: also those that were never scored; names: also these; {@code none}: leaves
     * what is recorded, and those that have changed to the next time.
     */
    private static final String SCORE = System.getProperty("mutations.score", "changed");

    @TempDir
    Path directory;

    /** @param ruleText the rule as it stands in its file, and as it is spoiled */
    private record Mutation(Alert alert, String what, String ruleText, String spoiled) {}

    /** @param hash of the rule and its cases */
    private record Scored(String hash, int noticed, List<String> survivors) {
        String line(Alert alert) {
            return "%s %s %s noticed=%d%s"
                    .formatted(
                            alert.name(),
                            alert.severity(),
                            hash,
                            noticed,
                            survivors.isEmpty() ? "" : " survived: " + String.join("; ", survivors));
        }
    }

    @Test
    void everySpoiledRuleIsNoticedByACase() throws IOException {
        Map<String, String> recorded = recorded();
        Map<String, String> scored = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        for (Alert alert : RuleFiles.alerts()) {
            if (alert.name().equals("Watchdog")) {
                continue;
            }
            String hash = hash(alert);
            String line = recorded.get(alert.toString());
            boolean changed = line == null || !line.split(" ")[2].equals(hash);
            if (changed && SCORE.equals("none")) {
                // What was scored of the rule as it was stands until the rule as it is has been scored.
                line = line == null ? "%s %s %s unscored".formatted(alert.name(), alert.severity(), hash) : line;
            } else if (changed
                    || line.endsWith(" unscored")
                            && (SCORE.equals("all") || List.of(SCORE.split(",")).contains(alert.name()))) {
                Scored fresh = score(alert, hash);
                line = fresh.line(alert);
                fresh.survivors().stream()
                        .filter(survivor -> !SURVIVORS.containsKey(alert + ": " + survivor))
                        .forEach(survivor -> unknown.add(alert + ": " + survivor));
            }
            scored.put(alert.toString(), line);
        }
        String text = String.join("\n", scored.values()) + "\n";
        Regenerated.leave(FILE, text);

        assertThat(scored.values().stream().filter(line -> line.endsWith(" unscored")))
                .as("alerts that were never scored: -Dmutations.score=their names scores them")
                .isEmpty();
        assertThat(unknown)
                .as("mutations that no case in prometheus/tests notices, and that have no reason in this class")
                .isEmpty();
        assertThat(Files.exists(FILE) ? Files.readString(FILE) : "")
                .as("rules or cases have changed and were scored: ./regenerate mutations writes it")
                .isEqualTo(text);
    }

    /** A survivor that is recorded must still have its reason. */
    @Test
    void everyRecordedSurvivorHasItsReason() throws IOException {
        List<String> survivors = recorded().entrySet().stream()
                .filter(entry -> entry.getValue().contains(" survived: "))
                .flatMap(entry -> Stream.of(
                                entry.getValue().split(" survived: ")[1].split("; "))
                        .map(survivor -> entry.getKey() + ": " + survivor))
                .toList();

        assertThat(SURVIVORS.keySet()).containsExactlyInAnyOrderElementsOf(survivors);
    }

    private static Map<String, String> recorded() throws IOException {
        Map<String, String> recorded = new LinkedHashMap<>();
        if (Files.exists(FILE)) {
            Files.readAllLines(FILE)
                    .forEach(line -> recorded.put(line.split(" ")[0] + " (" + line.split(" ")[1] + ")", line));
        }
        return recorded;
    }

    /** Changes with the rule and with every case of the alert, whichever file it is in. */
    private static String hash(Alert alert) {
        StringBuilder text = new StringBuilder(rule(alert)).append(OPPOSITE.size());
        for (Path file : RuleFiles.files(RuleFiles.TESTS, ".test.yml")) {
            RuleFiles.maps(RuleFiles.yaml(file).get("tests")).stream()
                    .filter(test -> String.valueOf(test.get("name")).matches("(?s)" + alert.name() + "\\b.*"))
                    .forEach(text::append);
        }
        return YearRecord.sha256(text.toString()).substring(0, 16);
    }

    private Scored score(Alert alert, String hash) throws IOException {
        assertThat(isNoticed(new Mutation(alert, "nothing", rule(alert), rule(alert))))
                .as("a case of %s fails although its rule is not spoiled", alert)
                .isFalse();
        List<String> survivors = new ArrayList<>();
        int noticed = 0;
        for (Mutation mutation : Stream.concat(Stream.concat(thresholds(alert), comparisons(alert)), waits(alert))
                .toList()) {
            if (isNoticed(mutation)) {
                noticed++;
            } else {
                survivors.add(mutation.what());
            }
        }
        return new Scored(hash, noticed, survivors);
    }

    private boolean isNoticed(Mutation mutation) throws IOException {
        Path place = Files.createTempDirectory(directory, "spoiled");
        Path rules = Files.createDirectory(place.resolve("rules"));
        for (Path file : RuleFiles.files(RuleFiles.RULES, ".yml")) {
            String text = Files.readString(file);
            boolean mine = file.getFileName().toString().equals(mutation.alert().file() + ".yml");
            Files.writeString(rules.resolve(file.getFileName()), mine ? spoil(text, mutation) : text);
        }
        Path tests = Files.createDirectory(place.resolve("tests"));
        List<String> files = RuleTests.all().stream()
                .filter(test -> test.name().matches("(?s)" + mutation.alert().name() + "\\b.*"))
                .map(RuleTests.Case::file)
                .distinct()
                .toList();
        for (String file : files) {
            Files.copy(RuleFiles.TESTS.resolve(file), tests.resolve(file));
            List<String> arguments = new ArrayList<>(
                    List.of("test", "rules", "--run=^" + mutation.alert().name() + "\\b"));
            arguments.addAll(NeededRules.layOut(tests.resolve(file), tests));
            if (Programs.run(tests, RuleTests.SHORT_LIVED, "promtool", arguments)
                            .exitCode()
                    != 0) {
                return true;
            }
        }
        return false;
    }

    private static String spoil(String text, Mutation mutation) {
        assertThat(text).contains(mutation.ruleText());
        return text.replace(mutation.ruleText(), mutation.spoiled());
    }

    /** Half of a lower limit, twice an upper one: what is just under the threshold would fire. */
    private static Stream<Mutation> thresholds(Alert alert) {
        return spoiled(alert, THRESHOLD, found -> {
            double limit = Double.parseDouble(found.group(2));
            double loose = limit * (found.group(1).startsWith(">") ? 0.5 : 2);
            return limit == 0 ? found.group() : found.group(1) + " " + loose;
        });
    }

    private static Stream<Mutation> comparisons(Alert alert) {
        return spoiled(alert, COMPARISON, found -> " " + OPPOSITE.get(found.group(1)) + " ");
    }

    private static Stream<Mutation> spoiled(
            Alert alert, Pattern pattern, java.util.function.Function<MatchResult, String> by) {
        String rule = rule(alert);
        String expression = rule.substring(rule.indexOf("expr:"), rule.indexOf("labels:"));
        return pattern.matcher(expression)
                .results()
                .filter(found -> !by.apply(found).equals(found.group()))
                .map(found -> {
                    String spoiled = expression.substring(0, found.start())
                            + by.apply(found)
                            + expression.substring(found.end());
                    String before = expression.substring(Math.max(0, found.start() - 30), found.start());
                    return new Mutation(
                            alert,
                            "…" + (before + found.group().stripTrailing()).replaceAll("\\s+", " ") + " becomes "
                                    + by.apply(found).strip(),
                            rule,
                            rule.replace(expression, spoiled));
                });
    }

    /** Half of it, and none at all. */
    private static Stream<Mutation> waits(Alert alert) {
        String rule = rule(alert);
        return WAIT.matcher(rule)
                .results()
                .flatMap(found -> Stream.of("0s", halved(found)).map(wait -> {
                    String spoiled =
                            rule.substring(0, found.start()) + "\n        for: " + wait + rule.substring(found.end());
                    return new Mutation(
                            alert, "for: " + found.group(1) + found.group(2) + " becomes " + wait, rule, spoiled);
                }));
    }

    private static String halved(MatchResult found) {
        return PromDuration.parse(found.group(1) + found.group(2)).dividedBy(2).toSeconds() + "s";
    }

    /** The text of the rule in its file, to the next one. */
    private static String rule(Alert alert) {
        try {
            String text = Files.readString(RuleFiles.RULES.resolve(alert.file() + ".yml"));
            return Stream.of(text.split("(?=\n      - alert: )"))
                    .filter(part -> part.startsWith("\n      - alert: " + alert.name() + "\n"))
                    .filter(part -> part.contains("severity: " + alert.severity() + "\n"))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** No case notices these, and each says why none has to. */
    private static final Map<String, String> SURVIVORS = Map.of(
            "NotificationsFailing (critical): …n_requests_failed_total[5m])) > 0.5 becomes > 0.25",
            "it stands between no success and one, and counts are whole",
            "DbCacheHitRatioLow (warning): …pg_restore|sidecar.*\"}[30m])) > 60 becomes > 30.0",
            "a backup of half a minute reads as little as one of a whole minute",
            "DbReplicaLost (warning): …ion_is_replica) ) > 0.5 becomes > 0.25",
            "replicas are whole; a half is their median for a moment only",
            "JobOverdue (warning): for: 1m becomes 30s",
            "after a quarter of an hour half a minute makes no difference",
            "UpstreamUnreachable (critical): …ance) count_over_time(up[4m]) < 7 becomes < 14.0",
            "where a minute holds two scrapes its own rate is taken, and never that of four minutes");
}
