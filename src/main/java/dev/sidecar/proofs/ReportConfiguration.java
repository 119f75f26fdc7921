package dev.sidecar.proofs;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.commands.SidecarCommand;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class ReportConfiguration {

    @Bean
    SidecarCommand reportCommand(ObjectProvider<AdminCredentials> login) {
        return new ReportCommand(login::getObject);
    }
}
