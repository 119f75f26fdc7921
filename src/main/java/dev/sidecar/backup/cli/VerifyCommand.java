package dev.sidecar.backup.cli;

import dev.sidecar.backup.Verification;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sidecar verify}: verifies a backup. */
@Command(
        name = "verify",
        description = {
            "Verifies a backup in storage, to one of four levels:",
            "L1 every file matches its checksum, L2 every file is decoded to the end, L3 the backup is restored into a throwaway server,"
                    + " L4 the restored rows and definitions are those that were backed up. L4 also runs your own checks"
                    + " (sidecar.backup.checks.directory); a backup that fails one is suspect. The live server is never touched."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            BackupShell.EXIT_DONE,
            BackupShell.EXIT_FAILED,
            BackupShell.EXIT_USAGE,
            BackupShell.EXIT_NOT_AS_MANIFEST,
            BackupShell.EXIT_NOT_FOUND,
            BackupShell.EXIT_REFUSED,
            BackupShell.EXIT_CHECK
        })
final class VerifyCommand implements SidecarCommand {

    private final BackupShell shell;

    @Parameters(paramLabel = "BACKUP", arity = "0..1", description = "Id of the backup, or 'latest' (default).")
    private String which = "latest";

    @Option(names = "--database", description = "Verify the latest backup of this database.")
    private @Nullable String database;

    @Option(names = "--store", description = "Store to read from: local or s3. Default: the first that has the backup.")
    private @Nullable String store;

    @Option(names = "--level", description = "Level, L1 to L4. Default: by the settings.")
    private @Nullable VerificationLevel level;

    @Option(
            names = "--public-key",
            paramLabel = "FILE",
            description = "Also trust backups signed with this key (PEM), such as that of a machine that is lost.")
    private @Nullable Path publicKey;

    @Option(
            names = "--clear",
            description =
                    "Do not verify; clear the suspect mark of a backup that you have inspected and found correct.")
    private boolean clear;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    VerifyCommand(BackupShell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        shell.trust(publicKey);
        Backup backup = shell.find(which, database, Optional.ofNullable(store));
        if (clear) {
            shell.backups().clear(backup.id(), "cleared on the command line");
            BackupShell.out().println(backup.id() + " is no longer suspect.");
            return 0;
        }
        Progress progress = shell.backups().progress();
        VerificationLevel asked = level == null ? shell.backups().levelFor(backup.manifest()) : level;
        Verification verification = shell.run(progress, () -> shell.backups().verify(backup, asked, progress));
        if (json) {
            BackupShell.json(verification);
        } else {
            print(verification);
            shell.backups()
                    .get(backup.id())
                    .suspicion()
                    .ifPresent(why -> BackupShell.out()
                            .printf("  SUSPECT, until you clear the mark (--clear): %s%n", HostileText.line(why)));
        }
        if (!verification.held()) {
            return BackupShell.NOT_AS_MANIFEST;
        }
        return verification.missedChecks().isEmpty() ? 0 : BackupShell.CHECK;
    }

    private static void print(Verification verification) {
        BackupShell.out()
                .printf(
                        "%s in '%s': %s %s, in %s%n",
                        verification.id(),
                        verification.store(),
                        verification.held() ? verification.asked() : "NOT " + verification.asked(),
                        verification.asked().meaning(),
                        Durations.clock(verification.took()));
        verification
                .measuredRestore()
                .ifPresent(took -> BackupShell.out().println("  the restore itself took " + Durations.clock(took)));
        if (!verification.held()) {
            BackupShell.out().printf("  %s: %s%n", verification.verdict().words(), verification.advice());
        }
        verification.problems().forEach(problem -> BackupShell.out().println("  " + HostileText.line(problem)));
        verification.notes().forEach(note -> BackupShell.out().println("  " + HostileText.line(note)));
        BackupShell.print(verification.checks());
    }
}
