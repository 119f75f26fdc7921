package dev.sidecar.backup;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BackupProperties.class)
class BackupConfiguration {

    /** The local store is the first, where there is one: backups are taken into the first and copied to the others. */
    @Bean
    Catalogue catalogue(BackupProperties settings, List<BackupStore> further) {
        List<BackupStore> stores = new ArrayList<>();
        if (!settings.directory().isBlank()) {
            stores.add(new LocalStore(Path.of(settings.directory())));
        }
        stores.addAll(further);
        return new Catalogue(stores);
    }

    @Bean
    BackupMetrics backupMetrics(MeterRegistry registry, BackupProperties settings) {
        return new BackupMetrics(registry, settings.rpo(), settings.rto());
    }

    @Bean
    Backups backups(BackupProperties settings, Catalogue catalogue, BackupMetrics metrics, Clock clock) {
        Path directory = settings.directory().isBlank()
                ? ScratchFolder.directory(settings.scratch())
                : Path.of(settings.directory());
        return new Backups(settings, catalogue, new InUse(directory.resolve(".in-use")), metrics, clock);
    }

    @Bean
    @ConditionalOnWebApplication
    ApplicationRunner beginBackups(Backups backups) {
        return arguments -> backups.begin();
    }
}
