package dev.sidecar.backup.cli;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.RefusedSet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sidecar adopt}: accepts backups that nothing but a person's word shows to be ours. */
@Command(
        name = "adopt",
        description = {
            "Accepts backups that have no signature of this sidecar, such as those from before backups were signed.",
            "Name each backup, or pass --all for those that were taken before the first signed one. Accepted backups get a signature, are"
                    + " listed, verified, restored and expired like others. Backups that were changed after they were signed cannot be accepted."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            BackupShell.EXIT_DONE,
            BackupShell.EXIT_FAILED,
            BackupShell.EXIT_USAGE,
            BackupShell.EXIT_NOT_FOUND,
            BackupShell.EXIT_NOT_CONFIRMED,
            BackupShell.EXIT_REFUSED
        })
final class AdoptCommand implements SidecarCommand {

    private static final String WORD = "adopt";

    private final BackupShell shell;

    @Parameters(paramLabel = "BACKUP", arity = "0..*", description = "Ids of the backups, in whichever store they are.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--all", description = "All that were taken before the first signed one.")
    private boolean all;

    @Option(names = "--yes", description = "Do not ask for confirmation.")
    private boolean yes;

    AdoptCommand(BackupShell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        if (all != ids.isEmpty()) {
            throw new CommandFailure(BackupShell.USAGE, "Name the backups to accept, or pass --all.");
        }
        List<RefusedSet> refused =
                shell.run(shell.backups().progress(), () -> shell.backups().refused());
        List<RefusedSet> chosen = all ? fromBefore(refused) : named(refused);
        if (chosen.isEmpty()) {
            BackupShell.out().println("There is no backup to accept.");
            return 0;
        }
        chosen.forEach(set -> System.err.printf("%s in '%s': %s%n", set.set(), set.store(), set.detail()));
        if (!yes && !isConfirmed(chosen.size())) {
            throw new CommandFailure(
                    BackupShell.NOT_CONFIRMED,
                    "Not confirmed: type '%s' if you are sure that nobody else made them, or pass --yes."
                            .formatted(WORD));
        }
        for (RefusedSet set : chosen) {
            Backup adopted =
                    shell.run(shell.backups().progress(), () -> shell.backups().adopt(set));
            BackupShell.out().printf("%s in '%s' is accepted; verify it.%n", adopted.id(), adopted.store());
        }
        return 0;
    }

    private List<RefusedSet> named(List<RefusedSet> refused) {
        List<RefusedSet> chosen = new ArrayList<>();
        for (String id : ids) {
            List<RefusedSet> sets =
                    refused.stream().filter(set -> set.set().equals(id)).toList();
            if (sets.isEmpty()) {
                throw new CommandFailure(
                        BackupShell.NOT_FOUND,
                        "There is no refused backup %s; 'sidecar list' shows them."
                                .formatted(id.replaceAll("[^A-Za-z0-9._~-]", "?")));
            }
            chosen.addAll(sets);
        }
        return chosen;
    }

    /** Later ones without a signature are none from before: the sidecar signed its own then. */
    private List<RefusedSet> fromBefore(List<RefusedSet> refused) {
        Optional<Instant> signedSince = shell.backups().list().stream()
                .filter(backup -> backup.standing() == Backup.Standing.SIGNED)
                .map(backup -> backup.id().takenAt())
                .min(Comparator.naturalOrder());
        List<RefusedSet> before = new ArrayList<>();
        for (RefusedSet set : refused) {
            boolean isBefore = set.reason().isAdoptable()
                    && signedSince
                            .filter(since ->
                                    !BackupId.parse(set.set()).takenAt().isBefore(since))
                            .isEmpty();
            if (isBefore) {
                before.add(set);
            } else {
                System.err.printf("left out: %s in '%s': %s%n", set.set(), set.store(), set.detail());
            }
        }
        return before;
    }

    private static boolean isConfirmed(int count) {
        System.err.printf("To accept %d backups as yours, type '%s': ", count, WORD);
        System.err.flush();
        try {
            return WORD.equals(
                    new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
