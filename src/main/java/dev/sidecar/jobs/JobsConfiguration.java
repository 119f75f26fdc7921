package dev.sidecar.jobs;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class JobsConfiguration {

    @Bean
    @ConditionalOnWebApplication
    Jobs jobs(ObjectProvider<Job> declared, Clock clock, MeterRegistry registry) {
        return new Jobs(declared.orderedStream().toList(), clock, registry);
    }
}
