package dev.sidecar.access;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param adminPassword password of the user {@code admin}; generated when not given
 * @param webhookToken what Alertmanager presents at {@code /hooks}; generated when not given
 * @param metricsToken what Prometheus presents at {@code /actuator/prometheus} when it is not on the same machine; generated when not
 *     given
 * @param directory where generated ones are kept, one file each, readable for this user alone
 * @param maxFailures failed logins of one address before it is locked out
 * @param lockedFor for how long it then is
 */
@ConfigurationProperties("sidecar.access")
record AccessProperties(
        @Nullable Secret adminPassword,
        @Nullable Secret webhookToken,
        @Nullable Secret metricsToken,
        @DefaultValue("${user.home}/.observability-sidecar") Path directory,
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
