package dev.sidecar.dataplane;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;

/**
 * The role {@code gateway}: the beans that forward requests and nothing else. Only {@link #run} makes a context of this class; it carries
 * no {@code @Configuration}, so that the control plane's scan leaves it out.
 */
@ComponentScan({"dev.sidecar.settings", "dev.sidecar.logs", "dev.sidecar.gateway"})
@ImportAutoConfiguration(PropertyPlaceholderAutoConfiguration.class)
@EnableConfigurationProperties(DataPlaneProperties.class)
public class DataPlane {

    /** The argument that asks for this role. */
    static final String ROLE = "gateway";

    private static final ProcessRole PROCESS = new ProcessRole(ROLE, DataPlane.class, "--sidecar.gateway.port=8000");

    /** Tells the role's arguments from those of a command and of the server. */
    public static boolean isAskedFor(String[] args) {
        return PROCESS.isAskedFor(args);
    }

    /** Starts the gateway; the process runs until it is told to stop. @param args the role's name, then {@code --name=value} settings */
    public static void run(String[] args) {
        PROCESS.run(args);
    }

    @Bean
    static PrometheusMeterRegistry dataPlaneRegistry(SpanContext traces) {
        return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), Clock.SYSTEM, traces);
    }

    /** The process metrics that Spring Boot exports in the control plane, with the same names. */
    @Bean
    JvmGcMetrics dataPlaneGarbage() {
        return new JvmGcMetrics();
    }

    @Bean
    MetricsPort metricsPort(
            DataPlaneProperties properties, PrometheusMeterRegistry registry, ObjectProvider<MeterBinder> binders) {
        ProcessMeters.bind(registry, binders);
        return new MetricsPort(
                "sidecar.gateway",
                properties.metricsAddress(),
                properties.metricsPort(),
                properties.metricsToken(),
                registry);
    }
}
