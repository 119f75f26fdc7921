package dev.sidecar.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.settings.InvalidSetting;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @Test
    void findsTheNewestSlotBeforeNow() {
        Schedule weekly = Schedule.cron("x", "0 0 3 * * SUN", ZoneOffset.UTC);

        assertThat(weekly.latest(Instant.parse("2026-11-23T09:00:00Z")))
                .contains(Instant.parse("2026-11-22T03:00:00Z"));
        assertThat(weekly.latest(Instant.parse("2026-11-22T03:00:00Z")))
                .contains(Instant.parse("2026-11-22T03:00:00Z"));
        assertThat(weekly.latest(Instant.parse("2026-11-22T02:59:59Z")))
                .contains(Instant.parse("2026-11-15T03:00:00Z"));
        assertThat(weekly.next(Instant.parse("2026-11-22T03:00:00Z"))).contains(Instant.parse("2026-11-29T03:00:00Z"));
    }

    @Test
    void findsAYearlySlotManyMonthsBack() {
        Schedule yearly = Schedule.cron("x", "0 0 3 1 1 *", ZoneOffset.UTC);

        assertThat(yearly.latest(Instant.parse("2026-11-23T09:00:00Z")))
                .contains(Instant.parse("2026-01-01T03:00:00Z"));
    }

    @Test
    void aWallClockTimeThatSummerTimeSkipsIsNotLost() {
        Schedule nightly = Schedule.cron("x", "0 30 2 * * *", BERLIN);

        Instant beforeTheChange = Instant.parse("2026-03-28T12:00:00Z");
        Instant slot = nightly.next(beforeTheChange).orElseThrow();

        assertThat(slot).isBetween(Instant.parse("2026-03-29T00:30:00Z"), Instant.parse("2026-03-29T02:00:00Z"));
    }

    @Test
    void aWallClockHourThatComesTwiceGivesOneSlot() {
        Schedule nightly = Schedule.cron("x", "0 30 2 * * *", BERLIN);

        Instant first = nightly.next(Instant.parse("2026-10-24T12:00:00Z")).orElseThrow();
        Instant second = nightly.next(first).orElseThrow();

        assertThat(Duration.between(first, second)).isGreaterThan(Duration.ofHours(23));
    }

    @Test
    void periodsDoNotMoveWithARestart() {
        Schedule every = Schedule.every(Duration.ofMinutes(10), Duration.ofMinutes(3));

        assertThat(every.latest(Instant.parse("2026-11-23T09:12:59Z"))).contains(Instant.parse("2026-11-23T09:03:00Z"));
        assertThat(every.next(Instant.parse("2026-11-23T09:12:59Z"))).contains(Instant.parse("2026-11-23T09:13:00Z"));
    }

    @Test
    void refusesAnExpressionOfFiveFieldsByTheNameOfItsSetting() {
        assertThatThrownBy(() -> Schedule.cron("sidecar.backup.daily-cron", "0 2 * * *", ZoneOffset.UTC))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.backup.daily-cron is '0 2 * * *'")
                .hasMessageContaining("six fields");
    }
}
