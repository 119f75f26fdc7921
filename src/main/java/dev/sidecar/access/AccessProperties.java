package dev.sidecar.access;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of access to the control plane.
 *
 * @param adminPassword password of the user {@code admin}; generated when not given
 * @param webhookToken token that Alertmanager presents at {@code /hooks}; generated when not given
 * @param metricsToken token that Prometheus presents at {@code /actuator/prometheus}; generated when not given
 * @param loginLink token of a link that logs a person in once, from this machine and shortly after the start; no link when not given
 * @param directory directory of the generated ones, one file each, readable for this user alone
 * @param tokensFile file in which the digests of the scripts' tokens are kept over a restart
 * @param sessionLifetime how long a login holds at most, however busy its session is
 * @param maxFailures number of failed logins, from all addresses together, after which every login waits before its password is compared
 * @param lockedFor how long without a failed login until logins no longer wait
 * @param hosts names and addresses by which clients may call the control plane, besides localhost; behind a proxy, the name in its address
 * @param trustedProxies addresses or networks (CIDR) of the proxies in front of the control plane, whose X-Forwarded-For, -Proto and -Host
 *     count
 */
@ConfigurationProperties("sidecar.access")
record AccessProperties(
        @Nullable Secret adminPassword,
        @Nullable Secret webhookToken,
        @Nullable Secret metricsToken,
        @Nullable Secret loginLink,
        Path directory,
        Path tokensFile,
        @DefaultValue("12h") Duration sessionLifetime,
        @DefaultValue("5") int maxFailures,
        @DefaultValue("5m") Duration lockedFor,
        @DefaultValue List<String> hosts,
        @DefaultValue List<String> trustedProxies) {

    private static final int SHORTEST_LINK = 32;

    AccessProperties {
        InvalidSetting.unless(
                loginLink == null || loginLink.reveal().length() >= SHORTEST_LINK,
                "sidecar.access.login-link",
                loginLink,
                "have at least %d characters, as it is a password".formatted(SHORTEST_LINK));
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
        InvalidSetting.unless(
                sessionLifetime.compareTo(Duration.ofMinutes(1)) >= 0
                        && sessionLifetime.compareTo(Duration.ofDays(7)) <= 0,
                "sidecar.access.session-lifetime",
                sessionLifetime,
                "be between 1m and 7d");
    }
}
