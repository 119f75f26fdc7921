package dev.sidecar.console;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.backup.BackupTasks;
import dev.sidecar.backup.Backups;
import dev.sidecar.backup.Expiration;
import dev.sidecar.maintenance.Maintenances;
import dev.sidecar.prometheus.Prometheus;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication
class ConsoleConfiguration {

    @Bean
    VerdictHistory verdictHistory(Prometheus prometheus, Clock clock) {
        return new VerdictHistory(prometheus, clock);
    }

    @Bean
    BackupsOverview backupsOverview(Backups backups, BackupTasks tasks, Expiration expire, Clock clock) {
        return new BackupsOverview(backups, tasks, expire, clock);
    }

    @Bean
    MaintenanceForm maintenanceForm(Maintenances maintenances, Alertmanager alertmanager, Clock clock) {
        return new MaintenanceForm(maintenances, alertmanager, clock);
    }

    @Bean
    Audit audit() {
        return new Audit();
    }
}
