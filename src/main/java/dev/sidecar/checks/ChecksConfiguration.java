package dev.sidecar.checks;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ChecksProperties.class)
class ChecksConfiguration {

    @Bean
    OwnChecks ownChecks(ChecksProperties settings) {
        return new OwnChecks(settings);
    }
}
