package dev.sidecar.maintenance;

import dev.sidecar.access.AdminCredentials;
import java.net.URI;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The beans of the command line; the server's are in {@link MaintenanceConfiguration}. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnNotWebApplication
class MaintenanceCommandConfiguration {

    @Bean
    MaintenanceCommand maintenanceCommand(
            ObjectProvider<AdminCredentials> credentials, @Value("${server.port:8080}") int port) {
        return new MaintenanceCommand(credentials::getObject, URI.create("http://localhost:" + port), System.out);
    }
}
