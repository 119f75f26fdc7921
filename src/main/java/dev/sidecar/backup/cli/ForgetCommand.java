package dev.sidecar.backup.cli;

import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.text.HostileText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sidecar forget}: ends the alarms about a database that is gone. */
@Command(
        name = "forget",
        description = {
            "Forgets a database that is no longer on the server: it is not backed up any more, and no alert is about it.",
            "Its backups stay. The reason is recorded with the newest one. If the database comes back and is backed up, it counts again."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            BackupShell.EXIT_DONE,
            BackupShell.EXIT_FAILED,
            BackupShell.EXIT_USAGE,
            BackupShell.EXIT_NOT_FOUND
        })
final class ForgetCommand implements SidecarCommand {

    private final BackupShell shell;

    @Parameters(paramLabel = "DATABASE", description = "Its exact name.")
    private String database = "";

    @Option(names = "--why", required = true, description = "The reason, for the record.")
    private String why = "";

    ForgetCommand(BackupShell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        shell.run(shell.backups().progress(), () -> {
            shell.backups().forget(database, why);
            return true;
        });
        BackupShell.out().println(HostileText.line(database) + " is forgotten; its backups stay.");
        return 0;
    }
}
