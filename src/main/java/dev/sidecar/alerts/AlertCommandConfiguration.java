package dev.sidecar.alerts;

import dev.sidecar.access.AdminCredentials;
import java.net.URI;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The beans of the command line; the server's are in {@link AlertsConfiguration}. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnNotWebApplication
class AlertCommandConfiguration {

    @Bean
    AlertCommand alertCommand(ObjectProvider<AdminCredentials> credentials, @Value("${server.port:8080}") int port) {
        return new AlertCommand(
                SidecarServer::new, credentials::getObject, URI.create("http://localhost:" + port), System.out);
    }
}
