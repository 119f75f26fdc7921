package dev.sidecar.backup.cli;

import dev.sidecar.commands.SidecarCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sidecar key}: prints the public key that proves which backups are ours. */
@Command(
        name = "key",
        description = {
            "Prints the public key of the signatures of the backups, and makes the key if there is none yet.",
            "Keep a copy where this machine and the backups are not: a new machine accepts the backups only with it."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {BackupShell.EXIT_DONE, BackupShell.EXIT_FAILED, BackupShell.EXIT_USAGE})
final class KeyCommand implements SidecarCommand {

    private final BackupShell shell;

    @Option(names = "--id", description = "Print the id of the key instead, which names the files of its signatures.")
    private boolean idOnly;

    KeyCommand(BackupShell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        BackupShell.out()
                .print(shell.run(
                        shell.backups().progress(),
                        () -> idOnly
                                ? shell.backups().keyId() + System.lineSeparator()
                                : shell.backups().publicKey()));
        return 0;
    }
}
