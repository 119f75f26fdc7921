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
        "2026-11-27 02:13:00-03:30, 2026-11-27T05:43:00Z",
        "2026-11-27 02:13:00.123456999+00, 2026-11-27T02:13:00.123456Z",
        "2026-11-27t02:13:00z, 2026-11-27T02:13:00Z",
        "2026-11-27 02:13:00 gmt, 2026-11-27T02:13:00Z",
        "2026-11-27 02:13:00+14, 2026-11-26T12:13:00Z",
        "2026-11-27 02:13:00-12, 2026-11-27T14:13:00Z"
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
                "",
                "1764209580",
                "27.11.2026 02:13:00+00",
                "2026-11-27 02:13:00+00 BC",
                "2026-11-27 02:13:00 PM +00",
                "2026-02-30 02:13:00+00",
                "2026-11-27 25:13:00+00",
                "2026-11-27 02:13:00+5:30",
                "2026-11-27 02:13:00 \u221202",
                "2026-11-27 02:13:00 +02:00 DST",
                "2026-11-27 02:13:00+00' recovery_end_command = 'x",
                "2026-11-27 02:13:00+99",
                "+999999999-12-31 23:59:59-11:00",
                "+12345-01-01 00:00:00Z",
                "-0001-01-01 00:00:00Z",
                "0000-01-01 00:00:00Z"
            })
    void whatIsNoMomentIsRefused(String written) {
        assertThatThrownBy(() -> RecoveryTarget.time(written))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining("is no moment: write it as '2026-11-27 02:13:00+00'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "now; use --latest",
                "yesterday; use --latest",
                "Infinity; use --latest",
                "-infinity; use --latest",
                "tomorrow 02:13:00+00; use --latest",
                "2026-11-27 24:00:00+00; write 00:00:00 of the next day",
                "2026-11-27T24:00Z; write 00:00:00 of the next day",
                "2026-12-31 23:59:60+00; no leap second",
                "2026-11-27 02:13:00 CET; names a time zone: write its offset as a number",
                "2026-11-27 02:13:00.123 EST; names a time zone",
                "2026-10-25 02:30:00 Europe/Berlin; an hour twice when that ends",
                "2026-03-29T02:30 America/Argentina/Buenos_Aires; names a time zone",
                "2026-11-27 02:13:00 UTC+2; names a time zone",
                "2026-11-27T02:13:00Etc/GMT-3; names a time zone",
                "2026-11-27T02:13:00[Europe/Berlin]; names a time zone",
                "2026-11-27 02:13:00+15; from -12 to +14",
                "2026-11-27 02:13:00-12:30; from -12 to +14"
            })
    void whatIsNearlyAMomentIsToldWhatIsWrong(String written, String sentence) {
        assertThatThrownBy(() -> RecoveryTarget.time(written))
                .isInstanceOf(BackupFailure.class)
                .hasMessageContaining(sentence);
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
