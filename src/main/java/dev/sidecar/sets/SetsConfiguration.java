package dev.sidecar.sets;

import dev.sidecar.stores.Store;
import java.util.List;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SetProperties.class)
class SetsConfiguration {

    @Bean
    Compression compression(SetProperties settings) {
        return new Compression(settings.compression());
    }

    @Bean
    Encryption encryption(SetProperties settings) {
        return new Encryption(settings.encryption());
    }

    @Bean
    Catalogue catalogue(List<Store> stores) {
        return new Catalogue(stores);
    }

    @Bean
    Copies copies(Catalogue catalogue) {
        return new Copies(catalogue);
    }
}
