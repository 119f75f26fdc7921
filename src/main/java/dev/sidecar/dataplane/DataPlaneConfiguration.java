package dev.sidecar.dataplane;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** What the control plane's scan finds here. */
@Configuration(proxyBeanMethods = false)
@Profile("command")
class DataPlaneConfiguration {

    @Bean
    GatewayCommand gatewayCommand() {
        return new GatewayCommand();
    }
}
