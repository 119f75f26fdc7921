package dev.sidecar.postgres;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PostgresProperties.class)
class PostgresConfiguration {

    @Bean
    Postgres postgres(PostgresProperties settings) {
        return new Postgres(settings);
    }
}
