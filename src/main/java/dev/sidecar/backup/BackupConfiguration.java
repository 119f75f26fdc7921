package dev.sidecar.backup;

import dev.sidecar.checks.OwnChecks;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.sets.Catalogue;
import dev.sidecar.sets.Compression;
import dev.sidecar.sets.Copies;
import dev.sidecar.sets.Encryption;
import dev.sidecar.stores.LocalStore;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BackupProperties.class)
class BackupConfiguration {

    @Bean
    BackupMetrics backupMetrics(MeterRegistry registry, BackupProperties settings) {
        return new BackupMetrics(registry, settings.rpo(), settings.rto());
    }

    @Bean
    BackupTools backupTools(
            Postgres postgres,
            Catalogue catalogue,
            Compression compression,
            Encryption encryption,
            OwnChecks checks,
            Clock clock) {
        return new BackupTools(postgres, catalogue, compression, encryption, checks, clock);
    }

    @Bean
    Backups backups(
            BackupProperties settings, BackupTools tools, ObjectProvider<LocalStore> local, BackupMetrics metrics) {
        LocalStore store = local.getIfAvailable();
        Path directory = store == null ? tools.postgres().scratchDirectory() : store.directory();
        return new Backups(settings, tools, new InUse(directory.resolve(".in-use")), metrics);
    }

    @Bean
    Expiration expire(Catalogue catalogue, Backups backups, BackupProperties settings, Clock clock) {
        return new Expiration(catalogue, backups::isInUse, RetentionPolicy.of(settings, backups::levelFor), clock);
    }

    @Bean
    BackupRun backupRun(Backups backups, Copies copies, Expiration expire) {
        return new BackupRun(backups, copies, expire);
    }

    /** Only the server has a schedule and an API. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication
    static class InTheServer {

        @Bean
        ApplicationRunner beginBackups(Backups backups) {
            return arguments -> backups.begin();
        }

        @Bean
        JobSource backupJobs(
                Backups backups, BackupRun run, BackupProperties settings, BackupMetrics metrics, Clock clock) {
            return new BackupJobs(backups, run, settings, metrics, clock);
        }

        @Bean
        BackupTasks backupTasks(Backups backups, BackupRun run, Clock clock) {
            return new BackupTasks(backups, run, clock);
        }

        @Bean
        BackupController backupController(Backups backups, Expiration expire, BackupTasks tasks, Clock clock) {
            return new BackupController(backups, expire, tasks, clock);
        }
    }
}
