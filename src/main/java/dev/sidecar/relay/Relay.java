package dev.sidecar.relay;

import dev.sidecar.dataplane.MetricsPort;
import dev.sidecar.dataplane.ProcessMeters;
import dev.sidecar.dataplane.ProcessRole;
import dev.sidecar.hosts.Hosts;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;

/**
 * The role {@code relay}: takes what other hosts push, and nothing else. Only {@link #run} makes a context of this class; it carries no
 * {@code @Configuration}, so that the control plane's scan leaves it out.
 */
@ComponentScan({"dev.sidecar.settings", "dev.sidecar.logs", "dev.sidecar.hosts"})
@ImportAutoConfiguration(PropertyPlaceholderAutoConfiguration.class)
@EnableConfigurationProperties(RelayProperties.class)
public class Relay {

    /** The argument that asks for this role. */
    static final String ROLE = "relay";

    private static final ProcessRole PROCESS = new ProcessRole(ROLE, Relay.class, "--sidecar.relay.port=8002");

    /** Tells the role's arguments from those of a command and of the server. */
    public static boolean isAskedFor(String[] args) {
        return PROCESS.isAskedFor(args);
    }

    /** Starts the relay; the process runs until it is told to stop. @param args the role's name, then {@code --name=value} settings */
    public static void run(String[] args) {
        PROCESS.run(args);
    }

    @Bean
    static PrometheusMeterRegistry relayRegistry() {
        return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    }

    @Bean
    RelayMetrics relayMetrics(PrometheusMeterRegistry registry, RelayProperties properties) {
        return new RelayMetrics(registry, properties.lokiUrl() != null);
    }

    @Bean
    PushServer pushServer(
            RelayProperties properties, Hosts hosts, Identity identity, Clock clock, RelayMetrics metrics) {
        return new PushServer(
                properties,
                new Guests(hosts, properties, metrics, clock),
                new Passage(properties, identity, clock, metrics),
                metrics,
                clock);
    }

    @Bean
    MetricsPort relayMetricsPort(
            RelayProperties properties, PrometheusMeterRegistry registry, ObjectProvider<MeterBinder> binders) {
        ProcessMeters.bind(registry, binders);
        return new MetricsPort(
                "sidecar.relay",
                properties.metricsAddress(),
                properties.metricsPort(),
                properties.metricsToken(),
                registry);
    }
}
