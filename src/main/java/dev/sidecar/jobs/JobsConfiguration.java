package dev.sidecar.jobs;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class JobsConfiguration {

    @Bean
    @ConditionalOnWebApplication
    Jobs jobs(
            ObjectProvider<Job> single,
            ObjectProvider<JobSource> several,
            ObjectProvider<Duty> duty,
            Clock clock,
            MeterRegistry registry,
            ApplicationEventPublisher events) {
        Stream<Job> declared = Stream.concat(
                single.orderedStream(), several.orderedStream().flatMap(source -> source.jobs().stream()));
        return new Jobs(
                declared.toList(), duty.getIfAvailable(() -> Duty.ALONE), clock, registry, events::publishEvent);
    }
}
