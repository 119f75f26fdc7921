package dev.sidecar.requests;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
class RequestsConfiguration {

    /** It comes first of all filters, so that requests that security refuses are counted and logged too. */
    @Bean
    FilterRegistrationBean<ControlRequestFilter> controlRequestFilter(MeterRegistry registry) {
        var filter = new ControlRequestFilter(new Requests(registry, "sidecar.control", Tags.empty()));
        var registration = new FilterRegistrationBean<>(filter);
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.setAsyncSupported(true);
        return registration;
    }
}
