package dev.sidecar.delivery;

import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.settings.Identity;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

@Configuration(proxyBeanMethods = false)
class DeliveryConfiguration {

    @Bean
    @Profile("command")
    SidecarCommand deliverCommand(Identity identity) {
        return new DeliverCommand(identity, System.out);
    }
}
