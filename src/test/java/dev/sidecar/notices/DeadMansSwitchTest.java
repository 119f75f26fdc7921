package dev.sidecar.notices;

import static dev.sidecar.notices.DeadMansSwitch.Signal.BACK;
import static dev.sidecar.notices.DeadMansSwitch.Signal.MISSING;
import static dev.sidecar.notices.DeadMansSwitch.Signal.STILL_MISSING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.notices.DeadMansSwitch.Signal;
import dev.sidecar.notices.DeadMansSwitch.State;
import dev.sidecar.support.MutableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadMansSwitchTest {

    private static final Duration CHECK = Duration.ofSeconds(15);

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private final DeadMansSwitch deadMansSwitch =
            new DeadMansSwitch(clock, Duration.ofMinutes(5), Duration.ofHours(1), true);

    @Test
    void isSilentForAsLongAsTheWatchdogArrives() {
        for (int minute = 0; minute < 300; minute++) {
            deadMansSwitch.beat();
            assertThat(pass(Duration.ofMinutes(1))).isEmpty();
        }
        assertThat(deadMansSwitch.status().state()).isEqualTo(State.WATCHED);
    }

    @Test
    void speaksOnceThenRemindsThenSaysThatItIsOver() {
        deadMansSwitch.beat();
        assertThat(pass(Duration.ofMinutes(5))).isEmpty();
        assertThat(pass(Duration.ofMinutes(50))).containsExactly(MISSING);
        assertThat(deadMansSwitch.status())
                .isEqualTo(new DeadMansSwitch.Status(
                        State.OPEN, Instant.parse("2026-11-23T12:00:00Z"), Instant.parse("2026-11-23T12:00:00Z")));
        assertThat(pass(Duration.ofHours(3))).containsExactly(STILL_MISSING, STILL_MISSING, STILL_MISSING);

        deadMansSwitch.beat();
        assertThat(pass(Duration.ofMinutes(1))).containsExactly(BACK);
        assertThat(deadMansSwitch.status().state()).isEqualTo(State.WATCHED);
        assertThat(pass(Duration.ofMinutes(4))).isEmpty();
        assertThat(pass(Duration.ofMinutes(2))).containsExactly(MISSING);
    }

    @Test
    void aStartIsASignOfLifeSoThatARestartRaisesNoFalseAlarm() {
        assertThat(deadMansSwitch.status().state()).isEqualTo(State.WAITING);
        assertThat(pass(Duration.ofMinutes(5))).isEmpty();
        deadMansSwitch.beat();
        assertThat(pass(Duration.ofMinutes(5))).isEmpty();
    }

    @Test
    void aWatchdogThatNeverCameIsNoticedTooAfterTheLimit() {
        assertThat(pass(Duration.ofMinutes(6))).containsExactly(MISSING);
        assertThat(deadMansSwitch.status().lastReceived()).isNull();
        assertThat(deadMansSwitch.status().openSince()).isEqualTo("2026-11-23T12:00:00Z");
    }

    @Test
    void aSuspendedMachineOrAClockSetForwardIsNoReasonToAlarm() {
        deadMansSwitch.beat();
        clock.tick(Duration.ofHours(8));
        assertThat(deadMansSwitch.check()).isEmpty();
        assertThat(pass(Duration.ofMinutes(4))).isEmpty();
        // But if nothing arrives after waking up it is.
        assertThat(pass(Duration.ofMinutes(2))).containsExactly(MISSING);
    }

    @Test
    void aClockSetBackDoesNotHideAMissingWatchdogForHours() {
        deadMansSwitch.beat();
        clock.tick(Duration.ofHours(-6));
        assertThat(pass(Duration.ofMinutes(5))).isEmpty();
        assertThat(pass(Duration.ofMinutes(1))).containsExactly(MISSING);
    }

    @Test
    void whatNobodyCouldBeToldIsSaidAgainAfterAMinute() {
        pass(Duration.ofMinutes(5));
        clock.tick(CHECK);
        assertThat(deadMansSwitch.check()).contains(MISSING);
        deadMansSwitch.notSaid(MISSING);

        assertThat(pass(Duration.ofSeconds(45))).isEmpty();
        assertThat(pass(Duration.ofSeconds(15))).containsExactly(STILL_MISSING);
        assertThat(pass(Duration.ofMinutes(59))).isEmpty();
    }

    @Test
    void withoutAnAlertmanagerThereIsNothingToMiss() {
        DeadMansSwitch off = new DeadMansSwitch(clock, Duration.ofMinutes(5), Duration.ofHours(1), false);
        clock.tick(Duration.ofMinutes(1));
        off.check();
        clock.tick(Duration.ofMinutes(5));
        assertThat(off.check()).isEmpty();
        assertThat(off.status().state()).isEqualTo(State.OFF);
    }

    /** Lets time pass with a check every 15 s. */
    private List<Signal> pass(Duration time) {
        List<Signal> said = new ArrayList<>();
        for (Duration passed = CHECK; passed.compareTo(time) <= 0; passed = passed.plus(CHECK)) {
            clock.tick(CHECK);
            deadMansSwitch.check().ifPresent(said::add);
        }
        return said;
    }
}
