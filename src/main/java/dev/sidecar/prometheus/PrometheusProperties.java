package dev.sidecar.prometheus;

import dev.sidecar.peers.Peer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the connection to Prometheus, and what it must watch.
 *
 * @param prometheusUrl address of Prometheus; the sidecar does not query it without one
 * @param username user of the login at Prometheus; it counts only with a password
 * @param password password of that user; null if Prometheus asks for none
 * @param timeout time limit of a request
 * @param expectedTargets scrape jobs that must exist and be up
 * @param bornAtFirstEvent metrics that an exporter shows only after their first event, so their absence is not an error
 */
@ConfigurationProperties("sidecar.rules")
record PrometheusProperties(
        @Nullable URI prometheusUrl,
        @DefaultValue("admin") String username,
        @Nullable Secret password,
        @DefaultValue("10s") Duration timeout,
        @DefaultValue Set<String> expectedTargets,
        @DefaultValue Set<String> bornAtFirstEvent) {

    PrometheusProperties {
        if (prometheusUrl != null && prometheusUrl.toString().isBlank()) {
            prometheusUrl = null;
        }
        Peer.requireAddress("sidecar.rules.prometheus-url", prometheusUrl);
        InvalidSetting.unless(
                !timeout.isNegative() && !timeout.isZero(),
                "sidecar.rules.timeout",
                timeout,
                "be longer than nothing, such as 10s");
    }
}
