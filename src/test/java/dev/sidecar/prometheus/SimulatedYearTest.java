package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.PlantedFaults.Fault;
import dev.sidecar.prometheus.PlantedFaults.Planted;
import dev.sidecar.prometheus.RuleFiles.Alert;
import dev.sidecar.prometheus.RuleFiles.Recording;
import dev.sidecar.prometheus.RulesInTime.Episode;
import dev.sidecar.prometheus.SimulatedYear.Told;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.Regenerated;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The life of a small team, with deploys, backups, reboots, bursts and all that is nobody's fault, and with a fault for each alert: at
 * most one page a month is false, and each fault is told within its time.
 */
class SimulatedYearTest {

    private static final List<Long> YEARS = Stream.of(
                    System.getProperty("year.seeds", "21,22").split(","))
            .map(Long::valueOf)
            .toList();
    /** Two halves of different years, at once; the rules were fitted to others. */
    private static final int HALF_A_YEAR = Integer.getInteger("year.days", 183);

    private static final int SOME_DAYS = 10;
    private static final Set<String> NOT_SIMULATED = YearRecord.notSimulated(RuleFiles.alerts()).stream()
            .map(Alert::name)
            .collect(Collectors.toSet());
    /** How often each fault is planted into half a year. */
    private static final int TIMES = 3;

    @TempDir
    Path directory;

    @Test
    void eachAlertHasItsFaultUnlessItLooksAtWhatTheTeamDoesNotHave() throws IOException {
        Alert another = new Alert(
                "new", "New", "sidecar_new_lag_seconds > 9 unless on (host) up == 0", "0s", Map.of(), Map.of());
        Alert forgotten =
                new Alert("new", "New", "up == 0 and slo:api_errors:ratio_rate1h > 0", "0s", Map.of(), Map.of());

        try (PrometheusServer parser = PrometheusServer.idle(directory)) {
            assertThat(YearRecord.notSimulated(RuleFiles.alerts()))
                    .allSatisfy(alert -> assertThat(strange(alert, parser))
                            .as(
                                    "metrics of %s that the simulated team does not have; if there are none, plant its fault",
                                    alert)
                            .isNotEmpty());
            assertThat(YearRecord.notSimulated(List.of(another, forgotten))).hasSize(2);
            assertThat(strange(another, parser)).containsExactly("sidecar_new_lag_seconds");
            assertThat(strange(forgotten, parser)).isEmpty();
        }
    }

    private static Set<String> strange(Alert alert, PrometheusServer parser) {
        List<Recording> recordings = RuleFiles.recordings();
        Expressions expressions = new Expressions(parser, Contracts.read(), recordings);
        Set<String> metrics = expressions.metricsOf(alert.expression());
        while (recordings.stream()
                .filter(recording -> metrics.remove(recording.name()))
                .anyMatch(recording -> metrics.addAll(expressions.metricsOf(recording.expression())))) {
            // what is recorded may read what is recorded
        }
        metrics.removeAll(new SmallTeam(0).metrics());
        metrics.remove("ALERTS");
        return metrics;
    }

    @Test
    void whatTheTeamDoesNotHaveNeedsNoNewYear() throws IOException {
        Path rules = Files.createDirectory(directory.resolve("rules"));
        for (Path file : RuleFiles.files(RuleFiles.RULES, ".yml")) {
            Files.copy(file, rules.resolve(file.getFileName()));
        }
        String before = YearRecord.fingerprint(rules);

        Files.writeString(rules.resolve("new.yml"), """
                groups:
                  - name: new
                    rules:
                      - record: service:new_lag:max
                        expr: max by (service) (sidecar_new_lag_seconds)
                      - alert: New
                        expr: sidecar_new_lag_seconds > 9 unless on (host) up == 0
                        labels: {severity: critical}
                """);
        assertThat(before).isEqualTo(YearRecord.fingerprint()).isEqualTo(YearRecord.fingerprint(rules));

        Path services = rules.resolve("services.yml");
        Files.writeString(services, Files.readString(services).replace("> 900", "> 901"));
        assertThat(YearRecord.fingerprint(rules)).isNotEqualTo(before);
    }

    @Test
    void whatFiredBeforeOrForAnotherServiceDoesNotTell() {
        Planted outage = PlantedFaults.all().stream()
                .filter(fault -> fault.of().equals(Map.of("service", "redis")))
                .map(fault -> new Planted(fault, 1000))
                .findFirst()
                .orElseThrow();

        assertThat(SimulatedYear.after(outage, List.of(down("redis", 940), down("api", 1120))))
                .isEqualTo(Told.NEVER);
        assertThat(SimulatedYear.after(outage, List.of(down("redis", 1120)))).isEqualTo(120 + PlantedFaults.WAY);
        assertThat(outage.explains(down("api", 1120))).isFalse();
    }

    private static Episode down(String service, long from) {
        return new Episode("ServiceDown", "critical", Map.of("service", service), from, from + 600);
    }

    @Test
    void whatWasNeverToldIsTheWorst() throws IOException {
        Planted planted = new Planted(PlantedFaults.all().get(0), 0);
        SimulatedYear year = new SimulatedYear(
                1,
                10,
                List.of(new Told(planted, 80), new Told(planted, Told.NEVER)),
                List.of(down("redis", 9)),
                List.of());

        assertThat(YearRecord.of(List.of(year)))
                .contains("fault ServiceDown critical times=2 late=1 limit=255 median=never worst=never\n")
                .endsWith("false ServiceDown critical times=1\n");
    }

    /** The second would find its alert firing for the first. */
    @Test
    void noFaultIsPlantedBesideAnotherOfItsAlert() {
        List<Fault> faults = PlantedFaults.all().stream()
                .filter(fault -> fault.alert().equals("BackupRestoreUnproven"))
                .flatMap(fault -> Stream.of(fault, fault, fault))
                .toList();

        List<Planted> planted = PlantedFaults.plant(faults, new Random(1), SimulatedYear.BEGIN, 45, List.of()).stream()
                .sorted(Comparator.comparing(Planted::from))
                .toList();

        assertThat(planted).hasSizeGreaterThan(1);
        for (int i = 1; i < planted.size(); i++) {
            assertThat(planted.get(i).from())
                    .isGreaterThan(planted.get(i - 1).from() + faults.get(0).lasts());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void inSomeDaysEachFaultIsToldInTimeAndNobodyIsWokenForNothing(long seed) throws IOException {
        SimulatedYear days = SimulatedYear.live(seed, SOME_DAYS, 1, RuleFiles.RULES, directory);

        assertThat(days.told()).hasSizeGreaterThan(PlantedFaults.all().size() * 9 / 10);
        assertThat(days.late()).isEmpty();
        assertThat(days.falsePages()).isEmpty();
        assertThat(days.falseWarnings())
                .extracting(Episode::alert)
                .filteredOn(NOT_SIMULATED::contains)
                .as("of what the simulated team does not have")
                .isEmpty();
    }

    @Test
    void theRecordIsOfTheseRulesAndWithinTheBudget() throws IOException {
        assertThat(YearRecord.recorded())
                .as(
                        "the rules, or the life that is simulated, have changed: ./regenerate year measures again (it takes ten minutes or more)")
                .startsWith("of " + YearRecord.fingerprint() + "\n")
                .matches("(?s)of \\w+\n"
                        + YEARS.stream()
                                .map("year seed=%d days=183 [^\n]*\n"::formatted)
                                .collect(Collectors.joining())
                        + "(fault [^\n]*\n)+(false [^\n]*\n)*")
                .doesNotContainPattern("year .* late=([2-9]|\\d\\d)")
                .doesNotContainPattern("pages=([7-9]|[1-9]\\d)")
                .doesNotContainPattern("critical times=\\d+ late=[1-9]")
                .doesNotContain("never");
    }

    @Test
    @Tag("soak")
    void aYearIsAsItIsRecorded() throws IOException {
        List<SimulatedYear> years = YEARS.parallelStream().map(this::halfAYear).toList();
        years.forEach(year -> {
            year.falsePages().forEach(page -> System.out.println("false page: " + page));
            year.falseWarnings().forEach(warning -> System.out.println("false warning: " + warning));
            year.late().forEach(told -> System.out.println("late: " + told));
        });
        String measured = YearRecord.of(years);
        System.out.println(measured);

        assertThat(years)
                .flatExtracting(SimulatedYear::told)
                .extracting(Told::after)
                .doesNotContain(Told.NEVER);
        assertThat(years)
                .flatExtracting(SimulatedYear::late)
                .extracting(told -> told.fault().severity())
                .doesNotContain("critical");
        assertThat(years).allMatch(year -> year.late().size() <= 1);
        assertThat(years).allMatch(year -> year.falsePagesAMonth() <= 1);
        // Not before: ./regenerate takes over what is left.
        Regenerated.leave(YearRecord.FILE, measured);
        assertThat(YearRecord.recorded()).as("./regenerate year writes it").isEqualTo(measured);
    }

    private SimulatedYear halfAYear(long seed) {
        try {
            return SimulatedYear.live(seed, HALF_A_YEAR, TIMES, RuleFiles.RULES, directory.resolve("seed-" + seed));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
