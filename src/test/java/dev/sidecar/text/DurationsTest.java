package dev.sidecar.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0 ms",
        "PT0.45S, 450 ms",
        "PT1S, 1 s",
        "PT1M59S, 119 s",
        "PT2M, 2 min",
        "PT1H59M, 119 min",
        "PT2H, 2.0 h",
        "PT7H30M, 7.5 h",
        "P1DT23H, 47.0 h",
        "P2DT2H24M, 2.1 d",
        "PT-5M, -5 min",
    })
    void asEvidenceKeepsWhatTellsHowCloseALimitIs(Duration duration, String shown) {
        assertThat(Durations.of(duration)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0 s",
        "PT0.9S, 0 s",
        "PT1M29S, 89 s",
        "PT1M30S, 2 min",
        "PT1H29M, 89 min",
        "PT1H30M, 2 h",
        "PT7H20M, 7 h",
        "PT35H, 35 h",
        "PT36H, 2 d",
        "PT-5M, 0 s",
    })
    void roundedIsWholeUnits(Duration duration, String shown) {
        assertThat(Durations.rounded(duration)).isEqualTo(shown);
        assertThat(Durations.ago(duration)).isEqualTo(shown + " ago");
    }

    @ParameterizedTest
    @CsvSource({"PT0S, 0:00", "PT7S, 0:07", "PT59M59S, 59:59", "PT1H2M30S, 1:02:30", "PT26H, 26:00:00", "PT-1S, 0:00"})
    void asAClockCountsMinutesAndSeconds(Duration duration, String shown) {
        assertThat(Durations.clock(duration)).isEqualTo(shown);
    }

    @Test
    void writesThePointInEveryLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertThat(Durations.of(Duration.ofMinutes(450))).isEqualTo("7.5 h");
        } finally {
            Locale.setDefault(before);
        }
    }
}
