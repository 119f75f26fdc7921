package dev.sidecar.backup.cli;

import dev.sidecar.backup.Decision;
import dev.sidecar.backup.Expiration;
import dev.sidecar.backup.ExpirationResult;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.BackupId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sidecar expire}: removes what the retention does not keep. */
@Command(
        name = "expire",
        description = {
            "Removes the backups that the retention does not keep, and says of each why it stays or goes.",
            "What no option changes: the newest verified backup of each generation stays, so do pinned ones and those in use, and"
                    + " nothing goes while the newest is not verified or a slot was missed."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {BackupShell.EXIT_DONE, BackupShell.EXIT_FAILED, BackupShell.EXIT_USAGE})
final class ExpireCommand implements SidecarCommand {

    private final BackupShell shell;
    private final Expiration expire;

    @Option(
            names = {"-n", "--dry-run"},
            description = "Only say what would be done.")
    private boolean dryRun;

    @Option(
            names = "--at-most",
            description = "How many of one database and generation may go; by the settings if left out.")
    private @Nullable Integer atMost;

    @Option(names = "--json", description = "Answer in JSON.")
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

    /** @param decisions for each backup, then what was done */
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
            expiry.retained().forEach(id -> BackupShell.out().println("retained by the storage for now: " + id));
            expiry.failures().forEach(BackupShell.out()::println);
        }
        return expiry.failures().isEmpty() ? 0 : BackupShell.FAILED;
    }

    private List<Decision> decide() {
        return atMost == null ? expire.decide() : expire.decide(atMost);
    }

    private ExpirationResult run() {
        return atMost == null ? expire.run() : expire.run(atMost);
    }
}
