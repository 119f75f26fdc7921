package dev.sidecar.sets;

import dev.sidecar.settings.Identity;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
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
    Signatures signatures(SetProperties settings, Identity identity, ObjectProvider<LocalStore> local) {
        local.ifAvailable(store -> settings.signing().requireOutside(store.directory()));
        return new Signatures(settings.signing(), identity);
    }

    @Bean
    Catalogue catalogue(List<Store> stores, Signatures signatures, Encryption encryption) {
        return new Catalogue(stores, signatures, encryption);
    }

    @Bean
    Copies copies(Catalogue catalogue) {
        return new Copies(catalogue);
    }
}
