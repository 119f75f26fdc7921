package dev.sidecar.prometheus;

import dev.sidecar.peers.Peer;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where Prometheus is, and what it is expected to watch.
 *
 * @param prometheusUrl address of Prometheus; without it nothing is asked
 * @param timeout how long an answer may take
 * @param expectedTargets scrape jobs that must exist and be up
 * @param bornAtFirstEvent metrics that an exporter shows only after their first event, so that their absence proves nothing
 */
@ConfigurationProperties("sidecar.rules")
record PrometheusProperties(
        @Nullable URI prometheusUrl,
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
