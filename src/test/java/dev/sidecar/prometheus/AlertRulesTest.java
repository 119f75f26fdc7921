package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.prometheus.RuleFiles.Recording;
import dev.sidecar.support.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The alert catalogue: complete, explained, and each alert seen to fire and to keep silent. */
class AlertRulesTest {

    private static final List<Alert> ALERTS = RuleFiles.alerts();
    private static final List<RuleTests.Case> CASES = RuleTests.all();
    private static final Path RUNBOOKS = Path.of("docs/runbooks");

    private static final Pattern RANGE = Pattern.compile("(\\w+)(\\{[^}]*})?\\[(\\w+)]");
    /** Why fewer than four scrapes are enough. */
    private static final Map<String, String> SHORT_RANGES = Map.of(
            "sidecar_gateway_requests_seconds_count [1m]",
                    "where a minute holds fewer than two, four minutes are asked",
            "sidecar_gateway_failures_total [1m]", "where a minute holds fewer than two, four minutes are asked",
            "pg_up [90s]", "asked only where scrapes are rare, and then for two",
            "pg_up [40s]", "asked only for one scrape that failed; where scrapes are rare, the last one counts",
            "prometheus_notifications_errors_total [2m]",
                    "Prometheus tries every minute; a longer one tells of a restart",
            "prometheus_notifications_dropped_total [2m]",
                    "Prometheus tries every minute; a longer one tells of a restart");

    static Stream<Alert> alerts() {
        return ALERTS.stream();
    }

    static Stream<Alert> alertsThatCanBeSilent() {
        return ALERTS.stream().filter(alert -> !alert.name().equals("Watchdog"));
    }

    static Stream<Path> testFiles() {
        return RuleFiles.files(RuleFiles.TESTS, ".test.yml").stream();
    }

    @Test
    void theCatalogueIsWide() {
        Map<String, Set<String>> names = ALERTS.stream()
                .collect(Collectors.groupingBy(Alert::category, Collectors.mapping(Alert::name, Collectors.toSet())));

        assertThat(names.keySet()).containsExactlyInAnyOrder("security", "performance", "operational");
        assertThat(names.get("security")).hasSizeGreaterThanOrEqualTo(8);
        assertThat(names.get("performance")).hasSizeGreaterThanOrEqualTo(12);
        assertThat(names.get("operational")).hasSizeGreaterThanOrEqualTo(15);
    }

    @Test
    void anAlertHasOneRuleForEachSeverity() {
        assertThat(ALERTS).extracting(Alert::toString).doesNotHaveDuplicates();
        assertThat(ALERTS).extracting(Alert::severity).containsOnly("critical", "warning", "none");
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void anAlertExplainsItself(Alert alert) {
        assertThat(alert.annotations()).containsOnlyKeys("summary", "description", "runbook_url", "dashboard_url");
        assertThat(alert.annotations().get("summary")).hasSizeLessThan(120);
        assertThat(alert.annotations().get("runbook_url"))
                .isEqualTo("{{ $externalLabels.runbooks_url }}/" + alert.name() + ".md");
        assertThat(alert.annotations().get("dashboard_url")).startsWith("{{ $externalLabels.grafana_url }}/d/");
    }

    /** Where the value is a yes or no the description needs no figure. */
    @ParameterizedTest
    @MethodSource("alerts")
    void theDescriptionSaysTheValueInHumanUnits(Alert alert) {
        if (alert.expression().matches("(?s).*== [01]\\s*(and .*|or .*)?")
                || alert.name().equals("Watchdog")) {
            return;
        }
        if (Set.of(
                        "TargetsMissing",
                        "BackupMetricsAbsent",
                        "BackupFailed",
                        "LogsNotArriving",
                        "RedisRefusesWrites",
                        "RedisNotSaved",
                        "DatabaseInRecovery")
                .contains(alert.name())) {
            return;
        }
        assertThat(alert.annotations().get("description"))
                .containsPattern("\\$value \\| humanize|printf \"%[.][01]f\" \\$value");
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void theRunbookLeadsFromWhatItMeansToTheEnd(Alert alert) throws IOException {
        assertThat(Files.readString(RUNBOOKS.resolve(alert.name() + ".md")))
                .startsWith("# " + alert.name() + "\n")
                .containsSubsequence(
                        "\n**What it means.** ",
                        "\n**Who notices.** ",
                        "\n**First look.** ",
                        "\n**Fix.** ",
                        "\n**Wake somebody.** ",
                        "\n**Over when.** ")
                .hasSizeLessThan(2500);
    }

    @Test
    void noRunbookIsLeftOver() {
        assertThat(RuleFiles.files(RUNBOOKS, ".md"))
                .extracting(file -> file.getFileName().toString().replace(".md", ""))
                .containsExactlyInAnyOrderElementsOf(
                        ALERTS.stream().map(Alert::name).distinct().toList());
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void aCaseShowsItFiring(Alert alert) {
        assertThat(CASES)
                .as("cases of %s in prometheus/tests that fire", alert)
                .anyMatch(test -> RuleTests.fires(test, alert));
    }

    /** Just under the threshold or without data, and, where it has to last, just too short. */
    @ParameterizedTest
    @MethodSource("alertsThatCanBeSilent")
    void aCaseShowsItSilent(Alert alert) {
        assertThat(CASES)
                .as("cases of %s in prometheus/tests that stay silent", alert)
                .anyMatch(test -> RuleTests.isSilent(test, alert));
        if (!alert.pending().equals("0s")) {
            assertThat(CASES)
                    .as("a case of %s that is just too short for its 'for: %s'", alert, alert.pending())
                    .anyMatch(test ->
                            RuleTests.isSilent(test, alert) && test.name().endsWith("too short"));
        }
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void whatFiresSaysWhere(Alert alert) {
        assertThat(CASES.stream().filter(test -> RuleTests.fires(test, alert)))
                .flatExtracting(RuleTests.Case::labels)
                .allSatisfy(labels -> assertThat(labels).containsKeys("stack", "host", "service"));
    }

    /** A template that fails does not stop an alert, it leaves its error in the text. */
    @Test
    void noTextHoldsAFailedTemplate() {
        assertThat(CASES)
                .flatExtracting(RuleTests.Case::annotations)
                .flatExtracting(Map::values)
                .noneMatch(text -> text.contains("<no value>") || text.contains("error") && text.contains("template"));
    }

    @Test
    void aCaseLooksAtAnAlertThatExists() {
        assertThat(CASES).extracting(RuleTests.Case::alert).isSubsetOf(names(Alert::name));
        assertThat(RuleTests.names()).doesNotHaveDuplicates();
    }

    /** Of a Prometheus of your own: docs/alerting.md. */
    @Test
    void aRangeHoldsFourScrapesAMinuteApartOrSaysWhyNot() {
        Set<String> seen = new TreeSet<>();

        Stream.concat(
                        ALERTS.stream().map(Alert::expression),
                        RuleFiles.recordings().stream().map(Recording::expression))
                .flatMap(expression -> RANGE.matcher(expression).results())
                .filter(range -> PromDuration.parse(range.group(3)).compareTo(Duration.ofMinutes(4)) < 0)
                .forEach(range -> seen.add(range.group(1) + " [" + range.group(3) + "]"));

        assertThat(SHORT_RANGES.keySet()).containsExactlyInAnyOrderElementsOf(seen);
    }

    @Test
    void promtoolAcceptsTheRules() {
        Programs.Result result = Programs.run(
                RuleFiles.RULES,
                "promtool",
                Stream.concat(
                                Stream.of("check", "rules", "--lint=all", "--lint-fatal"),
                                RuleFiles.files(RuleFiles.RULES, ".yml").stream()
                                        .map(file -> file.getFileName().toString()))
                        .toList());

        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    @ParameterizedTest
    @MethodSource("testFiles")
    void promtoolSeesEveryCaseHold(Path file, @TempDir Path folder) throws IOException {
        promtoolSeesHold(folder, NeededRules.layOut(file, folder));
    }

    /** So that no case holds only because a rule that it needs was left out. */
    @ParameterizedTest
    @MethodSource("testFiles")
    @Tag("soak")
    void promtoolSeesEveryCaseHoldAmongAllRules(Path file) {
        promtoolSeesHold(RuleFiles.TESTS, List.of(file.getFileName().toString()));
    }

    private static void promtoolSeesHold(Path folder, List<String> files) {
        List<String> arguments = new ArrayList<>(List.of("test", "rules"));
        arguments.addAll(files);

        Programs.Result result = Programs.run(folder, RuleTests.SHORT_LIVED, "promtool", arguments);

        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    private static Set<String> names(Function<Alert, String> name) {
        return ALERTS.stream().map(name).collect(Collectors.toSet());
    }
}
