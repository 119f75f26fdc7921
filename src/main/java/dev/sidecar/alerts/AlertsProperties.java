package dev.sidecar.alerts;

import dev.sidecar.peers.Peer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param alertmanagerUrl address of Alertmanager; null if there is none
 * @param alertmanagerUsername user of the login at Alertmanager; it counts only with a password
 * @param alertmanagerPassword password of that user; null if Alertmanager asks for none
 * @param drillPause pause between two drills that people ask for
 * @param receiptsFile file in which the receipts of alerts that fire are kept over a restart
 * @param drillsFile file in which the last delivered drill of each route is kept over a restart
 */
@ConfigurationProperties("sidecar.alerts")
record AlertsProperties(
        @Nullable URI alertmanagerUrl,
        @DefaultValue("admin") String alertmanagerUsername,
        @Nullable Secret alertmanagerPassword,
        @DefaultValue("1m") Duration drillPause,
        Path receiptsFile,
        Path drillsFile) {

    AlertsProperties {
        alertmanagerUrl = alertmanagerUrl == null || alertmanagerUrl.toString().isBlank() ? null : alertmanagerUrl;
        Peer.requireAddress("sidecar.alerts.alertmanager-url", alertmanagerUrl);
        InvalidSetting.unless(
                !drillPause.isNegative() && drillPause.compareTo(Duration.ofDays(1)) <= 0,
                "sidecar.alerts.drill-pause",
                drillPause,
                "be between 0s and 1d");
    }
}
