package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.support.Regenerated;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/alerts.md} lists every alert with its proofs and is made from the files. After a change of a rule
 * {@code ./regenerate alerts} writes it.
 */
class AlertTableTest {

    private static final Path TABLE = Path.of("docs/alerts.md");
    private static final List<Path> DRILLS = List.of(
            Path.of("src/test/java/dev/sidecar/alerts/FireDrillTest.java"),
            Path.of("src/test/java/dev/sidecar/alerts/OutageDrillTest.java"),
            Path.of("src/test/java/dev/sidecar/stack/StackAlarmTest.java"),
            Path.of("src/test/java/dev/sidecar/stack/TwoHostsTest.java"));
    private static final Path INHIBITIONS = Path.of("src/test/java/dev/sidecar/alerts/InhibitionTest.java");

    private static final String HEADER = """
            # Alerts and their proofs

            Made from `prometheus/rules`, `prometheus/tests` and the drills by `AlertTableTest`; do not edit. Every alert is also
            held to the contracts (each metric and label it names is one that a program exports: `ContractTest`) and routed by
            amtool (`AlertmanagerConfigTest`). *fires* and *silent* count the cases in which promtool saw it do so; *drill* means
            that real programs were broken and the message arrived (`FireDrillTest`, `OutageDrillTest`, `StackAlarmTest`,
            `TwoHostsTest`), *images* that this takes the real images (`./test --images`); *mutes, is muted* that a real Alertmanager recorded it (`InhibitionTest`).

            The budget is one false page a month for a small team's stack: critical alerts that nothing had to be done about. What
            deploys, nightly backups, image pulls, hanging-up clients, few users and full caches look like, and what must not be
            missed, stands in `prometheus/tests/lifelike-*.test.yml`. `prometheus/tests/mutations.txt` has the score of the cases:
            how many spoiled thresholds, comparisons and waits of each rule they notice (`RuleMutationTest`).

            | alert | severity | category | for | fires | silent | drill | inhibition |
            |---|---|---|---|---|---|---|---|
            """;

    private static final String YEAR = """

            ## A simulated year of a small team

            `SimulatedYearTest` makes the series of a small team's stack from a seed: users by day, few at night and at weekends,
            deploys of a minute and a half with and without maintenance, nightly backups and trial restores, reboots, restarts,
            image pulls, bursts, full caches, renewed certificates, steps of the clock, strangers who knock. A real Prometheus
            evaluates the shipped rules over it, minute by minute, those that wait for less than two minutes every 15 seconds. For
            each alert its fault is planted at random times. *Told after* counts from the fault to the notice, with the wait of the
            slowest route (45 s; `EndpointProbeFailed` waits 30 s longer), and only if the alert was not there before; neither inhibition nor grouping counts in favour of the
            rules, the silences of announced deploys do. A false alarm is what fires without a fault, or again more than 75 minutes
            after one; `ApiSloSlowBurn`, which comes back while an outage is within the three days that it looks back at, more than 6
            hours and a quarter after one. The rules were fitted to other seeds than those that are written here.
            `./test` does it for ten days of three seeds, `./test --soak` for what is written here; `regenerate`, asked for `year`,
            measures again. %s%s

            """;

    @Test
    void theTableIsWhatTheFilesSay() throws IOException {
        String table = HEADER + rows() + YEAR.formatted(YearRecord.lateness(), YearRecord.gaps()) + YearRecord.table();
        Regenerated.leave(TABLE, table);

        assertThat(Files.readString(TABLE)).as("./regenerate alerts writes it").isEqualTo(table);
    }

    @Test
    void drillsAndInhibitionsNameAlertsThatExist() throws IOException {
        Set<String> names = RuleFiles.alerts().stream().map(Alert::name).collect(Collectors.toSet());

        assertThat(drilled(true)).isNotEmpty().isSubsetOf(names);
        assertThat(drilled(false)).isNotEmpty().isSubsetOf(names);
        assertThat(first(INHIBITIONS)).isNotEmpty().isSubsetOf(names);
        assertThat(second(INHIBITIONS)).isNotEmpty().isSubsetOf(names);
    }

    private static String rows() throws IOException {
        List<RuleTests.Case> cases = RuleTests.all();
        Set<String> drilled = drilled(false);
        Set<String> drilledWithImages = drilled(true);
        Set<String> muting = first(INHIBITIONS);
        Set<String> muted = second(INHIBITIONS);
        return RuleFiles.alerts().stream()
                .map(alert -> "| [%s](runbooks/%s.md) | %s | %s | %s | %d | %d | %s | %s |\n"
                        .formatted(
                                alert.name(),
                                alert.name(),
                                alert.severity(),
                                alert.category(),
                                alert.pending(),
                                cases.stream()
                                        .filter(test -> RuleTests.fires(test, alert))
                                        .count(),
                                cases.stream()
                                        .filter(test -> RuleTests.isSilent(test, alert))
                                        .count(),
                                drilled.contains(alert.name())
                                        ? "yes"
                                        : drilledWithImages.contains(alert.name()) ? "images" : "",
                                inhibition(alert.name(), muting, muted)))
                .collect(Collectors.joining());
    }

    private static String inhibition(String name, Set<String> muting, Set<String> muted) {
        return (muting.contains(name) ? "mutes" : "")
                + (muting.contains(name) && muted.contains(name) ? ", " : "")
                + (muted.contains(name) ? "is muted" : "");
    }

    private static Set<String> drilled(boolean withImages) throws IOException {
        Set<String> drilled = new TreeSet<>();
        for (Path drills : DRILLS) {
            for (String test : Files.readString(drills).split("@Test\n")) {
                if (test.contains("@Tag(\"images\")") == withImages) {
                    drilled.addAll(
                            found(test, "(?:await(?:Told|Mail)|mails\\.await)\\(\"(\\w+)\"|told\\(\"(\\w+)\"", 1));
                }
            }
        }
        return drilled;
    }

    private static Set<String> first(Path file) throws IOException {
        return found(Files.readString(file), "new Case\\(\\s*\"[\\w-]+\",[^\"]*\"(\\w+)\"", 1);
    }

    private static Set<String> second(Path file) throws IOException {
        return found(
                Files.readString(file),
                "(?s)new Case\\(\\s*\"[\\w-]+\",[^\"]*\"\\w+\"(?:[^\"]*\"[^\"]*\"){2,4}?[^\"]*alert\\(\\s*\"(\\w+)\"",
                1);
    }

    private static Set<String> found(String source, String pattern, int group) {
        return Pattern.compile(pattern)
                .matcher(source)
                .results()
                .map((MatchResult each) -> each.group(group) == null ? each.group(2) : each.group(group))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
