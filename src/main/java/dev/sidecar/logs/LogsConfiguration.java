package dev.sidecar.logs;

import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class LogsConfiguration {

    @Bean
    @ConditionalOnWebApplication
    MeterBinder logMetrics() {
        return registry -> LineAppender.current().ifPresent(lines -> new LogMetrics(registry, lines));
    }
}
