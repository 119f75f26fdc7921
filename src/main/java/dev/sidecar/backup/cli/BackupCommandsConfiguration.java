package dev.sidecar.backup.cli;

import dev.sidecar.backup.BackupRun;
import dev.sidecar.backup.Backups;
import dev.sidecar.backup.Expiration;
import dev.sidecar.pitr.RecoveryShell;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class BackupCommandsConfiguration {

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
    VerifyCommand verifyCommand(BackupShell shell) {
        return new VerifyCommand(shell);
    }

    @Bean
    RestoreCommand restoreCommand(BackupShell shell, RecoveryShell recoveries, Clock clock) {
        return new RestoreCommand(shell, recoveries, clock);
    }

    @Bean
    AdoptCommand adoptCommand(BackupShell shell) {
        return new AdoptCommand(shell);
    }

    @Bean
    KeyCommand keyCommand(BackupShell shell) {
        return new KeyCommand(shell);
    }

    @Bean
    ForgetCommand forgetCommand(BackupShell shell) {
        return new ForgetCommand(shell);
    }

    @Bean
    ExpireCommand expireCommand(BackupShell shell, Expiration expire) {
        return new ExpireCommand(shell, expire);
    }
}
