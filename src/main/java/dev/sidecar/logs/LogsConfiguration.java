package dev.sidecar.logs;

import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

@Configuration(proxyBeanMethods = false)
class LogsConfiguration {

    @Bean
    @Profile("!command")
    MeterBinder logMetrics() {
        return registry -> LineAppender.current().ifPresent(lines -> new LogMetrics(registry, lines));
    }
}
