package dev.sidecar.delivery;

import dev.sidecar.settings.Identity;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

@Configuration(proxyBeanMethods = false)
class DeliveryConfiguration {

    @Bean
    @Profile("command")
    DeliverCommand deliverCommand(Identity identity) {
        return new DeliverCommand(identity, System.out);
    }
}
