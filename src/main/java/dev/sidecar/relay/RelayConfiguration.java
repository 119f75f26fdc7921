package dev.sidecar.relay;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** The beans of this room in the control plane. */
@Configuration(proxyBeanMethods = false)
@Profile("command")
class RelayConfiguration {

    @Bean
    RelayCommand relayCommand() {
        return new RelayCommand();
    }
}
