package dev.sidecar.backup.cli;

import dev.sidecar.backup.Decision;
import dev.sidecar.backup.Expiration;
import dev.sidecar.backup.ExpirationResult;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.BackupId;
import dev.sidecar.text.HostileText;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sidecar expire}: deletes the backups that the retention does not keep. */
@Command(
        name = "expire",
        description = {
            "Deletes the backups that the retention does not keep, and prints for each backup why it is kept or deleted.",
            "Always kept, whatever the options: the newest verified backup of each generation, pinned backups and those in use."
                    + " Nothing is deleted while the newest backup is not verified or a slot was missed."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {BackupShell.EXIT_DONE, BackupShell.EXIT_FAILED, BackupShell.EXIT_USAGE})
final class ExpireCommand implements SidecarCommand {

    private final BackupShell shell;
    private final Expiration expire;

    @Option(
            names = {"-n", "--dry-run"},
            description = "Only print what would be deleted.")
    private boolean dryRun;

    @Option(
            names = "--at-most",
            description = "How many backups of one database and generation may be deleted. Default: by the settings.")
    private @Nullable Integer atMost;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ExpireCommand(BackupShell shell, Expiration expire) {
        this.shell = shell;
        this.expire = expire;
    }

    /** @param keep whether it stays @param reasons why */
    private record Line(String id, String store, boolean keep, List<String> reasons) {

        static Line of(Decision decision) {
            return new Line(
                    decision.backup().id().toString(), decision.backup().store(), decision.keep(), decision.reasons());
        }
    }

    /** @param decisions one for each backup @param retained kept by the storage for now */
    private record Answer(
            List<Line> decisions, List<BackupId> deleted, List<BackupId> retained, List<String> failures) {}

    @Override
    public Integer call() {
        ExpirationResult expiry = shell.run(
                shell.backups().progress(),
                () -> dryRun ? new ExpirationResult(decide(), List.of(), List.of(), List.of()) : run());
        if (json) {
            BackupShell.json(new Answer(
                    expiry.decisions().stream().map(Line::of).toList(),
                    expiry.deleted(),
                    expiry.retained(),
                    expiry.failures()));
        } else {
            expiry.decisions().forEach(BackupShell.out()::println);
            expiry.retained().forEach(id -> BackupShell.out().println("kept by the storage for now: " + id));
            expiry.failures().forEach(failure -> BackupShell.out().println(HostileText.line(failure)));
        }
        BackupShell.warn(shell.backups().refused());
        return expiry.failures().isEmpty() ? 0 : BackupShell.FAILED;
    }

    private List<Decision> decide() {
        return atMost == null ? expire.decide() : expire.decide(atMost);
    }

    private ExpirationResult run() {
        return atMost == null ? expire.run() : expire.run(atMost);
    }
}
