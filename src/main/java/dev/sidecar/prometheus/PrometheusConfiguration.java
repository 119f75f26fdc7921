package dev.sidecar.prometheus;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PrometheusProperties.class)
class PrometheusConfiguration {

    @Bean
    Prometheus prometheus(PrometheusProperties properties) {
        return new Prometheus(properties);
    }

    /** Exports the expected targets; an alert compares them with the live ones, so it also notices a target that left the configuration. */
    @Bean
    MeterBinder expectedTargets(PrometheusProperties properties) {
        return registry -> properties
                .expectedTargets()
                .forEach(target -> Gauge.builder("sidecar.expected.target", () -> 1)
                        .description("Scrape jobs that must exist")
                        .tag("target_job", target)
                        .register(registry));
    }
}
