package dev.sidecar.relay;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** What the control plane's scan finds here. */
@Configuration(proxyBeanMethods = false)
@Profile("command")
class RelayConfiguration {

    @Bean
    RelayCommand relayCommand() {
        return new RelayCommand();
    }
}
