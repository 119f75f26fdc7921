package dev.sidecar.grafana;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GrafanaProperties.class)
class GrafanaConfiguration {

    @Bean
    Grafana grafana(GrafanaProperties properties) {
        return new Grafana(properties);
    }
}
