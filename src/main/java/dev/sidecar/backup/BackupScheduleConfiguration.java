package dev.sidecar.backup;

import dev.sidecar.jobs.JobSource;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Everything that uses backups: the schedule, the command line and the HTTP API; and the bucket, if there is one. */
@Configuration(proxyBeanMethods = false)
class BackupScheduleConfiguration {

    @Bean
    @Order(2)
    @ConditionalOnExpression("!'${sidecar.backup.s3.bucket:}'.isBlank()")
    S3Store s3Store(BackupProperties settings) {
        return S3Connection.PATIENT.open(settings.s3());
    }

    @Bean
    Copies backupCopies(Catalogue catalogue) {
        return new Copies(catalogue);
    }

    @Bean
    Expire expire(Catalogue catalogue, Backups backups, BackupProperties settings, Clock clock) {
        return new Expire(catalogue, backups::isInUse, RetentionPolicy.of(settings), clock);
    }

    @Bean
    BackupRun backupRun(Backups backups, Copies copies, Expire expire, BackupProperties settings) {
        return new BackupRun(backups, copies, expire, settings);
    }

    @Bean
    BackupShell backupShell(Backups backups) {
        return new BackupShell(backups);
    }

    @Bean
    BackupCommand backupCommand(BackupShell shell, BackupRun run, Clock clock) {
        return new BackupCommand(shell, run, clock);
    }

    @Bean
    ListCommand listCommand(BackupShell shell) {
        return new ListCommand(shell);
    }

    @Bean
    VerifyCommand verifyCommand(BackupShell shell, BackupProperties settings) {
        return new VerifyCommand(shell, settings);
    }

    @Bean
    RestoreCommand restoreCommand(BackupShell shell, Clock clock) {
        return new RestoreCommand(shell, clock);
    }

    @Bean
    ExpireCommand expireCommand(BackupShell shell, Expire expire) {
        return new ExpireCommand(shell, expire);
    }

    /** Only the server has a schedule and an API. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication
    static class InTheServer {

        @Bean
        JobSource backupJobs(
                Backups backups, BackupRun run, BackupProperties settings, BackupMetrics metrics, Clock clock) {
            return new BackupJobs(backups, run, settings, metrics, clock);
        }

        @Bean
        BackupTasks backupTasks(Backups backups, Clock clock) {
            return new BackupTasks(backups, clock);
        }

        @Bean
        BackupController backupController(
                Backups backups, BackupRun run, Expire expire, BackupTasks tasks, Clock clock) {
            return new BackupController(backups, run, expire, tasks, clock);
        }
    }
}
