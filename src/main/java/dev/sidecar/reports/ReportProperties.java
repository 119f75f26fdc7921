package dev.sidecar.reports;

import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of signed reports.
 *
 * @param directory directory of the signed reports and of the history of verdicts; of this sidecar alone
 * @param keep how long both are kept
 */
@ConfigurationProperties("sidecar.report")
record ReportProperties(
        Path directory, @DefaultValue("400d") Duration keep) {

    ReportProperties {
        InvalidSetting.unless(
                keep.compareTo(Duration.ofDays(1)) >= 0 && keep.compareTo(Duration.ofDays(3660)) <= 0,
                "sidecar.report.keep",
                keep,
                "be 1d to 3660d");
    }
}
