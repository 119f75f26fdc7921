package dev.sidecar.relay;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings of the relay, which takes what other hosts push.
 *
 * @param address the address on which it takes pushes
 * @param port the port on which it takes pushes; 0 takes any free one
 * @param metricsAddress the address on which its metrics and health are served
 * @param metricsPort the port on which its metrics and health are served; 0 takes any free one
 * @param metricsToken token that Prometheus presents; without one the metrics are closed to everybody
 * @param prometheusUrl base of the address of the Prometheus that gets the samples; its remote write receiver must be on
 * @param prometheusPassword password of its user {@code admin}; null if it asks for none
 * @param lokiUrl base of the address of the Loki that gets the log lines; null if there is none
 * @param lokiTenant tenant whose lines these are, header {@code X-Scope-OrgID}; null where Loki has no tenants
 * @param seriesPerHost how many series one host may have within an hour or two
 * @param streamsPerHost how many streams of log lines one host may have within an hour or two
 * @param bytesPerSecond how much one host may push, compressed, or four times that unpacked; sixteen times as much at once
 */
@ConfigurationProperties("sidecar.relay")
record RelayProperties(
        @DefaultValue("127.0.0.1") String address,
        @DefaultValue("8002") int port,
        @DefaultValue("127.0.0.1") String metricsAddress,
        @DefaultValue("8003") int metricsPort,
        @Nullable Secret metricsToken,
        @DefaultValue("http://localhost:9090") URI prometheusUrl,
        @Nullable Secret prometheusPassword,
        @Nullable URI lokiUrl,
        @Nullable String lokiTenant,
        @DefaultValue("5000") int seriesPerHost,
        @DefaultValue("100") int streamsPerHost,
        @DefaultValue("512KB") DataSize bytesPerSecond) {

    private static final String TENANT = "[A-Za-z0-9!_.*'()-]{1,150}";

    RelayProperties {
        if (lokiUrl != null && lokiUrl.toString().isBlank()) {
            lokiUrl = null;
        }
        lokiTenant = lokiTenant == null || lokiTenant.isBlank() ? null : lokiTenant;
        InvalidSetting.unless(
                lokiTenant == null || lokiTenant.matches(TENANT),
                "sidecar.relay.loki-tenant",
                lokiTenant,
                "be the name of a tenant: letters, digits and !_.*'()-");
        requirePort("port", port);
        requirePort("metrics-port", metricsPort);
        requireAddress("prometheus-url", prometheusUrl);
        if (lokiUrl != null) {
            requireAddress("loki-url", lokiUrl);
        }
        InvalidSetting.unless(
                seriesPerHost > 0, "sidecar.relay.series-per-host", seriesPerHost, "be a number above 0, such as 5000");
        InvalidSetting.unless(
                streamsPerHost > 0,
                "sidecar.relay.streams-per-host",
                streamsPerHost,
                "be a number above 0, such as 100");
        InvalidSetting.unless(
                bytesPerSecond.toBytes() > 0,
                "sidecar.relay.bytes-per-second",
                bytesPerSecond,
                "be a size above 0, such as 512KB");
    }

    private static void requirePort(String name, int port) {
        InvalidSetting.unless(
                port >= 0 && port <= 65535, "sidecar.relay." + name, port, "be a port, 1 to 65535 (0 = any free port)");
    }

    private static void requireAddress(String name, URI address) {
        InvalidSetting.unless(
                address.getScheme() != null
                        && address.getScheme().matches("https?")
                        && address.getHost() != null
                        && address.getUserInfo() == null,
                "sidecar.relay." + name,
                address,
                "be an address such as http://prometheus:9090");
    }
}
