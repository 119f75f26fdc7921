package dev.sidecar.backup.cli;

import dev.sidecar.backup.BackupSummary;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Sizes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sidecar list}: shows the published backups. */
@Command(
        name = "list",
        description = "Lists the backups of all stores, the newest first, with the level each is verified to.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {BackupShell.EXIT_DONE, BackupShell.EXIT_FAILED, BackupShell.EXIT_USAGE})
final class ListCommand implements SidecarCommand {

    private final BackupShell shell;

    @Option(names = "--database", description = "Only backups of this database.")
    private @Nullable String database;

    @Option(names = "--store", description = "Only backups in this store: local or s3.")
    private @Nullable String store;

    @Option(
            names = "--public-key",
            paramLabel = "FILE",
            description = "Also trust backups signed with this key (PEM), such as that of a machine that is lost.")
    private @Nullable Path publicKey;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListCommand(BackupShell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        shell.trust(publicKey);
        List<BackupSummary> backups = shell
                .run(shell.backups().progress(), () -> shell.backups().list())
                .stream()
                .filter(backup -> database == null || backup.id().database().equals(database))
                .filter(backup -> store == null || backup.store().equals(store))
                .map(BackupSummary::of)
                .toList();
        if (json) {
            BackupShell.json(backups);
        } else {
            print(backups);
        }
        shell.run(shell.backups().progress(), () -> shell.backups().gone())
                .forEach(gone -> System.err.println(HostileText.line(gone.sentence())));
        BackupShell.warn(
                shell.run(shell.backups().progress(), () -> shell.backups().refused()));
        return 0;
    }

    private static void print(List<BackupSummary> backups) {
        int widest =
                backups.stream().mapToInt(backup -> backup.id().length()).max().orElse(2);
        String format = "%-" + widest + "s  %-5s  %-20s  %8s  %-5s  %-20s  %8s  %s%n";
        BackupShell.out().printf(format, "ID", "STORE", "SLOT", "SIZE", "LEVEL", "VERIFIED", "RESTORE", "");
        for (BackupSummary backup : backups) {
            BackupShell.out()
                    .printf(
                            format,
                            backup.id(),
                            backup.store(),
                            backup.slot().truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                            Sizes.of(backup.storedBytes()),
                            backup.level() == null ? "none" : backup.level(),
                            backup.verifiedAt() == null
                                    ? "-"
                                    : backup.verifiedAt().truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                            backup.measuredRestore()
                                    .map(seconds -> Durations.clock(Duration.ofMillis((long) (seconds * 1000))))
                                    .orElse("-"),
                            HostileText.line(String.valueOf(backup.remarks())));
            BackupShell.print(
                    backup.checks().stream().filter(check -> !check.held()).toList());
        }
    }
}
