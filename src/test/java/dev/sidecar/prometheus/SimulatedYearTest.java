package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.prometheus.SimulatedYear.Told;
import dev.sidecar.support.Regenerated;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
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
                    System.getProperty("year.seeds", "11,12").split(","))
            .map(Long::valueOf)
            .toList();
    /** Two halves of different years, at once. */
    private static final int HALF_A_YEAR = Integer.getInteger("year.days", 183);

    private static final int SOME_DAYS = 10;
    /** How often each fault is planted into half a year. */
    private static final int TIMES = 3;

    @TempDir
    Path directory;

    @Test
    void eachAlertHasItsFault() {
        assertThat(PlantedFaults.all())
                .extracting(Object::toString)
                .containsAll(RuleFiles.alerts().stream()
                        .map(Object::toString)
                        .filter(alert -> !alert.startsWith("Watchdog"))
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void inSomeDaysEachFaultIsToldInTimeAndNobodyIsWokenForNothing(long seed) throws IOException {
        SimulatedYear days = SimulatedYear.live(seed, SOME_DAYS, 1, RuleFiles.RULES, directory);

        assertThat(days.told()).hasSizeGreaterThan(PlantedFaults.all().size() * 9 / 10);
        assertThat(days.late()).isEmpty();
        assertThat(days.falsePages()).isEmpty();
    }

    @Test
    void theRecordIsOfTheseRulesAndWithinTheBudget() throws IOException {
        assertThat(YearRecord.recorded())
                .as(
                        "the rules, or the life that is simulated, have changed: ./regenerate year measures again (it takes a quarter of an hour)")
                .startsWith("of " + YearRecord.fingerprint() + "\n")
                .contains("year seed=")
                .doesNotContainPattern("late=([2-9]|\\d\\d)")
                .doesNotContainPattern("pages=([7-9]|[1-9]\\d)")
                .doesNotContain("worst=-1");
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
        Regenerated.leave(YearRecord.FILE, measured);

        assertThat(years)
                .flatExtracting(SimulatedYear::told)
                .extracting(Told::after)
                .doesNotContain(-1L);
        assertThat(years).allMatch(year -> year.late().size() <= 1);
        assertThat(years).allMatch(year -> year.falsePagesAMonth() <= 1);
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
