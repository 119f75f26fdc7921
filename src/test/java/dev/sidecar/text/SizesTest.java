package dev.sidecar.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizesTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "999, 999 B",
        "1000, 1.0 kB",
        "7400, 7.4 kB",
        "99400, 99.4 kB",
        "99600, 100 kB",
        "999400, 999 kB",
        "999600, 1.0 MB",
        "121900000, 122 MB",
        "1230000000, 1.2 GB",
        "2500000000000, 2.5 TB",
        "4e15, 4.0 PB",
        "4e18, 4000 PB",
    })
    void showsAtMostThreeDigitsBelowTheLargestUnit(double bytes, String shown) {
        assertThat(Sizes.of(bytes)).isEqualTo(shown);
    }

    @Test
    void writesThePointInEveryLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertThat(Sizes.of(1500)).isEqualTo("1.5 kB");
        } finally {
            Locale.setDefault(before);
        }
    }
}
