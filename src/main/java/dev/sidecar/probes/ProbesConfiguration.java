package dev.sidecar.probes;

import dev.sidecar.farend.FarEnd;
import dev.sidecar.pitr.Pitr;
import dev.sidecar.postgres.Postgres;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
@ConditionalOnNotWebApplication
@EnableConfigurationProperties(ProbesProperties.class)
class ProbesConfiguration {

    @Bean
    Probes probes(
            ObjectProvider<ProbesProperties> settings,
            ObjectProvider<Postgres> postgres,
            ObjectProvider<Pitr> pitr,
            ObjectProvider<FarEnd> farEnd,
            Environment environment) {
        Binder binder = Binder.get(environment);
        return new Probes(
                () -> new Configured(
                                name -> binder.bind(name, String.class).orElse(""),
                                settings.getObject().endpoints(),
                                postgres.getIfAvailable(),
                                pitr.getIfAvailable(),
                                farEnd.getIfAvailable(),
                                Probes.LIMIT)
                        .probes(),
                Probes.LIMIT);
    }
}
