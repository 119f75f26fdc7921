package dev.sidecar.dataplane;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** The beans of this room in the control plane. */
@Configuration(proxyBeanMethods = false)
@Profile("command")
class DataPlaneConfiguration {

    @Bean
    GatewayCommand gatewayCommand() {
        return new GatewayCommand();
    }
}
