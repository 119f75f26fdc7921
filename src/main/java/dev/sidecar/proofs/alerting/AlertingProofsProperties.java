package dev.sidecar.proofs.alerting;

import dev.sidecar.settings.InvalidSetting;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the proofs of alerting.
 *
 * @param routeDrillsPerDay greatest number of route drills sent to real people within a day
 */
@ConfigurationProperties("sidecar.proofs")
record AlertingProofsProperties(@DefaultValue("30") int routeDrillsPerDay) {

    AlertingProofsProperties {
        InvalidSetting.unless(
                routeDrillsPerDay >= 0, "sidecar.proofs.route-drills-per-day", routeDrillsPerDay, "be 0 or more");
    }
}
