package dev.sidecar.maintenance;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.settings.Identity;
import java.time.Clock;
import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
@EnableConfigurationProperties(MaintenanceProperties.class)
class MaintenanceConfiguration {

    @Bean
    Maintenances maintenances(
            Alertmanager alertmanager, MaintenanceProperties settings, Identity identity, Clock clock) {
        return new Maintenances(alertmanager, settings, identity, clock);
    }

    @Bean
    JobSource maintenanceJobs(Alertmanager alertmanager, Maintenances maintenances) {
        return () -> alertmanager.isConfigured() ? List.of(maintenances.job()) : List.of();
    }

    @Bean
    MaintenanceController maintenanceController(Maintenances maintenances) {
        return new MaintenanceController(maintenances);
    }
}
