package dev.sidecar.dataplane;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the gateway as a process of its own.
 *
 * @param metricsAddress the address on which metrics and health are served
 * @param metricsPort the port on which metrics and health are served; 0 takes any free one
 * @param metricsToken token that Prometheus presents; without one the metrics are closed to everybody
 */
@ConfigurationProperties("sidecar.gateway")
record DataPlaneProperties(
        @DefaultValue("127.0.0.1") String metricsAddress,
        @DefaultValue("8001") int metricsPort,
        @Nullable Secret metricsToken) {

    DataPlaneProperties {
        InvalidSetting.unless(
                metricsPort >= 0 && metricsPort <= 65535,
                "sidecar.gateway.metrics-port",
                metricsPort,
                "be a port, 1 to 65535 (0 = any free port)");
    }
}
