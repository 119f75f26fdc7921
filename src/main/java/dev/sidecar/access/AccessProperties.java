package dev.sidecar.access;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of access to the control plane.
 *
 * @param adminPassword password of the user {@code admin}; generated when not given
 * @param webhookToken token that Alertmanager presents at {@code /hooks}; generated when not given
 * @param metricsToken token that Prometheus presents at {@code /actuator/prometheus} when it is not on the same machine; generated when not
 *     given
 * @param directory directory of the generated ones, one file each, readable for this user alone
 * @param maxFailures number of failed logins after which an address is locked out
 * @param lockedFor how long a locked-out address stays so
 */
@ConfigurationProperties("sidecar.access")
record AccessProperties(
        @Nullable Secret adminPassword,
        @Nullable Secret webhookToken,
        @Nullable Secret metricsToken,
        Path directory,
        @DefaultValue("5") int maxFailures,
        @DefaultValue("5m") Duration lockedFor) {

    AccessProperties {
        InvalidSetting.unless(
                maxFailures >= 1 && maxFailures <= 100,
                "sidecar.access.max-failures",
                maxFailures,
                "be between 1 and 100");
        InvalidSetting.unless(
                lockedFor.compareTo(Duration.ofSeconds(1)) >= 0 && lockedFor.compareTo(Duration.ofDays(1)) <= 0,
                "sidecar.access.locked-for",
                lockedFor,
                "be between 1s and 1d");
    }
}
