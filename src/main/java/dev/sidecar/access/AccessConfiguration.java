package dev.sidecar.access;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AccessProperties.class)
class AccessConfiguration {

    /** The server uses its own credentials; a command reads the password that the server stored and generates nothing. */
    @Bean
    AdminCredentials adminCredentials(AccessProperties properties, ObjectProvider<Credentials> server) {
        Credentials credentials = server.getIfAvailable();
        return new AdminCredentials(
                AdminLogin.USER,
                credentials == null ? Credentials.readAdminPassword(properties) : credentials.adminPassword());
    }
}
