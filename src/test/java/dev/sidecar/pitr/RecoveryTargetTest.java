package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.BackupFailure;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecoveryTargetTest {

    @ParameterizedTest
    @CsvSource({
        "2026-11-27 02:13:00+00, 2026-11-27T02:13:00Z",
        "2026-11-27 02:13:00.123456+00, 2026-11-27T02:13:00.123456Z",
        "2026-11-27T02:13:00Z, 2026-11-27T02:13:00Z",
        "2026-11-27 02:13 UTC, 2026-11-27T02:13:00Z",
        "2026-11-27 02:13:00 +02, 2026-11-27T00:13:00Z",
        "2026-11-27 02:13:00+0545, 2026-11-26T20:28:00Z",
        "2026-11-27 02:13:00-03:30, 2026-11-27T05:43:00Z"
    })
    void aMomentIsReadWithItsOffset(String written, Instant moment) {
        assertThat(RecoveryTarget.time(written).moment()).contains(moment);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-27 02:13:00", "2026-11-27T02:13", "2026-11-27", " 2026-11-27 02:13:00.5 "})
    void aMomentWithoutATimeZoneIsRefused(String written) {
        assertThatThrownBy(() -> RecoveryTarget.time(written))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("has no time zone: add its offset, such as +00");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "yesterday",
                "",
                "2026-02-30 02:13:00+00",
                "2026-11-27 25:13:00+00",
                "2026-11-27 02:13:00 CET",
                "2026-11-27 02:13:00+00' recovery_end_command = 'x",
                "2026-11-27 02:13:00+99",
                "+999999999-12-31 23:59:59-18:00",
                "+12345-01-01 00:00:00Z",
                "-0001-01-01 00:00:00Z",
                "0000-01-01 00:00:00Z"
            })
    void whatIsNoMomentIsRefused(String written) {
        assertThatThrownBy(() -> RecoveryTarget.time(written))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("is no moment: write it as '2026-11-27 02:13:00+00'");
    }

    @Test
    void ofAThousandLettersTheFirstAreSaid() {
        assertThatThrownBy(() -> RecoveryTarget.time("9".repeat(1_000_000)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void aPositionIsReadAndWrittenAsPostgresqlDoes() {
        RecoveryTarget target = RecoveryTarget.lsn("16/B374D848");

        assertThat(target.lsn()).contains(0x16_B374_D848L);
        assertThat(target.configuration()).isEqualTo("recovery_target_lsn = '16/B374D848'%n".formatted());
        assertThatThrownBy(() -> RecoveryTarget.lsn("16-B374D848")).hasMessageContaining("is no position in the WAL");
    }
}
