package dev.sidecar.proofs.alerting;

import dev.sidecar.settings.InvalidSetting;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the proofs of alerting.
 *
 * @param routeDrillsPerDay greatest number of route drills sent to real people within a day
 * @param routeDrillsEvery time for which a delivered drill of a route counts, so that no other is sent
 */
@ConfigurationProperties("sidecar.proofs")
record AlertingProofsProperties(
        @DefaultValue("30") int routeDrillsPerDay,
        @DefaultValue("7d") Duration routeDrillsEvery) {

    AlertingProofsProperties {
        InvalidSetting.unless(
                routeDrillsPerDay >= 0, "sidecar.proofs.route-drills-per-day", routeDrillsPerDay, "be 0 or more");
        InvalidSetting.unless(
                !routeDrillsEvery.isNegative() && routeDrillsEvery.compareTo(Duration.ofDays(8)) <= 0,
                "sidecar.proofs.route-drills-every",
                routeDrillsEvery,
                "be between 0s and 8d");
    }
}
