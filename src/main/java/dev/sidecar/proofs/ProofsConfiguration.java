package dev.sidecar.proofs;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.FilterType;

@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableConfigurationProperties(ProofsProperties.class)
@ComponentScan(
        useDefaultFilters = false,
        includeFilters = @Filter(type = FilterType.ASSIGNABLE_TYPE, classes = Proof.class))
class ProofsConfiguration {

    @Bean
    Edge edge(ProofsProperties properties) {
        return new Edge(properties.edgeUrl());
    }

    @Bean
    Proofs proofs(List<Proof> found, ProofsProperties properties, MeterRegistry registry, Clock clock) {
        return new Proofs(found, properties, registry, clock);
    }
}
