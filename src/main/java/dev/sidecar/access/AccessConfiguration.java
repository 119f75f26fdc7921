package dev.sidecar.access;

import java.net.URI;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({AccessProperties.class, OidcProperties.class})
class AccessConfiguration {

    /** The server uses its own credentials; a command reads the password that the server stored and generates nothing. */
    @Bean
    AdminCredentials adminCredentials(AccessProperties properties, ObjectProvider<Credentials> server) {
        Credentials credentials = server.getIfAvailable();
        return new AdminCredentials(
                AdminLogin.USER,
                credentials == null ? Credentials.readAdminPassword(properties) : credentials.adminPassword());
    }

    @Bean
    @ConditionalOnNotWebApplication
    TokenCommand tokenCommand(ObjectProvider<AdminCredentials> credentials, @Value("${server.port:8080}") int port) {
        return new TokenCommand(credentials::getObject, URI.create("http://localhost:" + port), System.out);
    }
}
