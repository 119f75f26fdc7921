package dev.sidecar.stores;

import java.nio.file.Path;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Declares the stores in their order: backups are taken into the first and copied to the others. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StoreProperties.class)
class StoresConfiguration {

    @Bean
    @Order(1)
    @ConditionalOnExpression("!'${sidecar.backup.directory:backups}'.isBlank()")
    LocalStore localStore(StoreProperties settings) {
        return new LocalStore(Path.of(settings.directory()));
    }

    @Bean
    @Order(2)
    @ConditionalOnExpression("!'${sidecar.backup.s3.bucket:}'.isBlank()")
    S3Store s3Store(StoreProperties settings) {
        return S3Connection.PATIENT.open(settings.s3());
    }
}
