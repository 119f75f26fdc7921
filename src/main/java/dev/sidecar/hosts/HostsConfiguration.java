package dev.sidecar.hosts;

import dev.sidecar.settings.Identity;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(HostsProperties.class)
class HostsConfiguration {

    @Bean
    Hosts hosts(HostsProperties properties, Identity identity, Clock clock) {
        return new Hosts(properties.list(), identity, clock);
    }

    @Bean
    @Profile("command")
    HostCommand hostCommand(Hosts hosts, HostsProperties properties) {
        return new HostCommand(hosts, properties, System.out);
    }
}
