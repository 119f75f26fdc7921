package dev.sidecar.grafana;

import dev.sidecar.peers.Peer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the connection to Grafana.
 *
 * @param grafanaUrl address of Grafana; the sidecar does not query it without one
 * @param user user of the login to its API
 * @param password password of that user
 * @param viewerToken signed token (JWT) of a viewer, which Grafana accepts in X-JWT-Assertion; used instead of user and password
 * @param timeout time limit of a request
 * @param publicUrl public address of Grafana, for links
 */
@ConfigurationProperties("sidecar.dashboards")
record GrafanaProperties(
        @Nullable URI grafanaUrl,
        @DefaultValue("admin") String user,
        @Nullable Secret password,
        @Nullable Secret viewerToken,
        @DefaultValue("10s") Duration timeout,
        @DefaultValue("http://localhost:3001") URI publicUrl) {

    GrafanaProperties {
        if (grafanaUrl != null && grafanaUrl.toString().isBlank()) {
            grafanaUrl = null;
        }
        Peer.requireAddress("sidecar.dashboards.grafana-url", grafanaUrl);
        Peer.requireAddress("sidecar.dashboards.public-url", publicUrl);
        InvalidSetting.unless(
                grafanaUrl == null || password != null || viewerToken != null,
                "sidecar.dashboards.password",
                "",
                "be given when sidecar.dashboards.grafana-url is, or sidecar.dashboards.viewer-token: Grafana's API requires a login");
        InvalidSetting.unless(
                !timeout.isNegative() && !timeout.isZero(),
                "sidecar.dashboards.timeout",
                timeout,
                "be longer than nothing, such as 10s");
    }
}
