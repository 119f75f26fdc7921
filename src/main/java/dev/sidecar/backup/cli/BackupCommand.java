package dev.sidecar.backup.cli;

import dev.sidecar.backup.BackupRun;
import dev.sidecar.backup.BackupSummary;
import dev.sidecar.backup.TakeRequest;
import dev.sidecar.backup.Verification;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.Progress;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Sizes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sidecar backup}: takes backups now. */
@Command(
        name = "backup",
        description = {
            "Takes a backup of each database and verifies it.",
            "A backup taken on demand belongs to no schedule and never expires: it is kept until you delete it."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            BackupShell.EXIT_DONE,
            BackupShell.EXIT_FAILED,
            BackupShell.EXIT_USAGE,
            BackupShell.EXIT_NOT_AS_MANIFEST,
            BackupShell.EXIT_BUSY,
            BackupShell.EXIT_CHECK
        })
final class BackupCommand implements SidecarCommand {

    private final BackupShell shell;
    private final BackupRun run;
    private final Clock clock;

    @Parameters(
            paramLabel = "DATABASE",
            description = "Exact names of the databases. Default: all that the settings select.")
    private List<String> databases = new ArrayList<>();

    @Option(names = "--database", description = "The same as DATABASE, as the other commands have it.")
    private List<String> named = new ArrayList<>();

    @Option(names = "--no-verify", description = "Do not verify the backup.")
    private boolean noVerify;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    BackupCommand(BackupShell shell, BackupRun run, Clock clock) {
        this.shell = shell;
        this.run = run;
        this.clock = clock;
    }

    /** @param problems empty if the backup is verified, or was not to be */
    private record Answer(BackupSummary backup, List<String> problems) {

        private int exitCode() {
            if (!problems.isEmpty()) {
                return BackupShell.NOT_AS_MANIFEST;
            }
            return backup.checks().stream().allMatch(CheckResult::held) ? 0 : BackupShell.CHECK;
        }
    }

    @Override
    public Integer call() {
        Progress progress = shell.backups().progress();
        List<Answer> answers = new ArrayList<>();
        int exitCode = 0;
        for (String database : selected(progress)) {
            try {
                answers.add(take(database, progress));
            } catch (CommandFailure e) {
                System.err.println(HostileText.line(database) + ": " + e.getMessage());
                exitCode = e.exitCode();
            }
        }
        if (json) {
            BackupShell.json(answers);
        }
        return exitCode != 0
                ? exitCode
                : answers.stream()
                        .map(Answer::exitCode)
                        .filter(code -> code != 0)
                        .min(Comparator.naturalOrder())
                        .orElse(0);
    }

    private List<String> selected(Progress progress) {
        List<String> asked = Stream.concat(databases.stream(), named.stream()).toList();
        return asked.isEmpty() ? shell.run(progress, shell.backups()::databases) : asked;
    }

    private Answer take(String database, Progress progress) {
        TakeRequest request = new TakeRequest(database, Generation.MANUAL, clock.instant());
        BackupRun.Done done = shell.run(progress, () -> run.take(request, !noVerify, progress));
        BackupSummary summary =
                BackupSummary.of(shell.backups().get(done.backup().id()));
        if (!json) {
            BackupShell.out()
                    .printf(
                            "%s%n  %s from %s in %s, %d rows in %d tables%n",
                            summary.id(),
                            Sizes.of(summary.storedBytes()),
                            Sizes.of(summary.dumpBytes()),
                            Durations.clock(done.backup().manifest().duration()),
                            summary.rows(),
                            summary.tables());
            done.verifications().stream()
                    .filter(Verification::held)
                    .forEach(proof -> BackupShell.out()
                            .printf(
                                    "  %s %s in '%s', %s%n",
                                    proof.asked(),
                                    proof.asked().meaning(),
                                    proof.store(),
                                    Durations.clock(proof.took())));
            BackupShell.print(summary.checks());
            done.problems()
                    .forEach(problem -> BackupShell.out().println("  NOT VERIFIED: " + HostileText.line(problem)));
        }
        return new Answer(summary, done.problems());
    }
}
