package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SilenceTest {

    @ParameterizedTest
    @CsvSource({
        "alertname, SlowQueries, false, false, false",
        "service, postgres, false, false, false",
        "alertname, (Slow|Fast)Queries, true, false, false",
        "alertname, 'Backup.*|DiskFull', true, false, false",
        "host, another, false, false, false",
        "alertname, .+, true, false, true",
        "alertname, 'Backup.*|.*', true, false, true",
        "alertname, 'Backup.*|', true, false, true",
        "alertname, '[A-Z].*', true, false, true",
        "alertname, '(?i)b.*', true, false, true",
        "alertname, 'a?.*', true, false, true",
        "alertname, Watchdog, false, true, true",
        "instance, '', false, false, true",
        "host, h1, false, false, true",
        "stack, staging, false, false, true",
        "category, security, false, false, true",
        "severity, critical, false, false, true",
        "severity, warning, true, false, true",
        "severity, warning, false, true, true",
        "severity, warning, false, false, false"
    })
    void whichSilencesAreOfEverything(String label, String value, boolean regex, boolean unequal, boolean everything) {
        assertThat(new Silence(
                                "",
                                List.of(new Silence.Matcher(label, value, regex, unequal)),
                                Instant.EPOCH,
                                Instant.MAX,
                                "",
                                "")
                        .isOfEverything("h1"))
                .isEqualTo(everything);
    }
}
