package dev.sidecar.dashboards;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DashboardsProperties.class)
class DashboardsConfiguration {

    @Bean
    Grafana grafana(DashboardsProperties properties) {
        return new Grafana(properties);
    }
}
