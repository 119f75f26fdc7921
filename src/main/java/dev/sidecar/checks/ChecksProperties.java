package dev.sidecar.checks;

import dev.sidecar.settings.InvalidSetting;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the operator's own checks are.
 *
 * @param directory with a folder for each database, named as the database is; blank for none
 * @param timeout how long a check may take
 */
@ConfigurationProperties("sidecar.backup.checks")
record ChecksProperties(
        @DefaultValue("") String directory,
        @DefaultValue("30s") Duration timeout) {

    private static final Duration LONGEST = Duration.ofHours(6);

    ChecksProperties {
        InvalidSetting.unless(
                timeout.toMillis() >= 1 && timeout.compareTo(LONGEST) <= 0,
                "sidecar.backup.checks.timeout",
                timeout,
                "be more than zero and at most 6h, such as 30s");
    }

    boolean isOn() {
        return !directory.isBlank();
    }
}
