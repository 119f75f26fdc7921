package dev.sidecar.backup.cli;

import dev.sidecar.backup.RestorePlan;
import dev.sidecar.backup.RestoreRequest;
import dev.sidecar.backup.Restored;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Progress;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Sizes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sidecar restore}: restores a backup. */
@Command(
        name = "restore",
        description = {
            "Restores a backup into a new database, or replaces the live database with it.",
            "First prints the plan with its blockers and warnings. A live database is replaced only after the new one is restored and"
                    + " compared with the manifest; the old one is kept under a dated name."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            BackupShell.EXIT_DONE,
            BackupShell.EXIT_FAILED,
            BackupShell.EXIT_USAGE,
            BackupShell.EXIT_NOT_AS_MANIFEST,
            BackupShell.EXIT_NOT_FOUND,
            BackupShell.EXIT_BUSY,
            BackupShell.EXIT_IMPOSSIBLE,
            BackupShell.EXIT_NOT_CONFIRMED,
            BackupShell.EXIT_REFUSED,
            BackupShell.EXIT_INCOMPLETE
        })
final class RestoreCommand implements SidecarCommand {

    private final BackupShell shell;
    private final Clock clock;

    @Parameters(paramLabel = "BACKUP", arity = "0..1", description = "Id of the backup, or 'latest' (default).")
    private String which = "latest";

    @Option(names = "--database", description = "Database whose latest backup to restore.")
    private @Nullable String database;

    @ArgGroup(exclusive = true)
    private Target target = new Target();

    static final class Target {

        @Option(names = "--into", description = "Name of the new database. Default: <database>_<time>.")
        private @Nullable String into;

        @Option(names = "--replace", description = "Name of the live database to replace. Asks you to confirm.")
        private @Nullable String replace;
    }

    @Option(names = "--confirm", description = "The name given to --replace again, to confirm without being asked.")
    private @Nullable String confirm;

    @Option(names = "--schema-only", description = "Restore definitions without rows.")
    private boolean schemaOnly;

    @Option(names = "--table", description = "Restore only this table, as schema.table; you can repeat the option.")
    private List<String> tables = new ArrayList<>();

    @Option(
            names = "--public-key",
            paramLabel = "FILE",
            description = "Also trust backups signed with this key (PEM), such as that of a machine that is lost.")
    private @Nullable Path publicKey;

    @Option(
            names = "--keep-going",
            description = "Restore as much as possible into a new database, and list what is missing.")
    private boolean keepGoing;

    @Option(names = "--plan", description = "Only print the plan.")
    private boolean planOnly;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    RestoreCommand(BackupShell shell, Clock clock) {
        this.shell = shell;
        this.clock = clock;
    }

    @Override
    public Integer call() {
        shell.trust(publicKey);
        Backup backup = shell.findToRestore(which, database);
        RestoreRequest request = request(backup);
        Progress progress = shell.backups().progress();
        RestorePlan plan = shell.run(progress, () -> shell.backups().plan(request));
        print(plan, backup);
        if (planOnly && json) {
            BackupShell.json(plan);
        }
        if (!plan.isPossible()) {
            return BackupShell.IMPOSSIBLE;
        }
        if (planOnly) {
            return 0;
        }
        if (request.replace() && !isConfirmed(request.into())) {
            throw new CommandFailure(
                    BackupShell.NOT_CONFIRMED,
                    "Not confirmed: type the name of the database, or give it with --confirm.");
        }
        Restored restored = shell.run(progress, () -> shell.backups().restore(request, progress));
        if (json) {
            BackupShell.json(restored);
        } else {
            print(restored);
        }
        return restored.missing().isEmpty() ? 0 : BackupShell.INCOMPLETE;
    }

    private RestoreRequest request(Backup backup) {
        if (target.replace != null) {
            return new RestoreRequest(backup.id(), target.replace, true, schemaOnly, tables, keepGoing);
        }
        String into = target.into != null ? target.into : RestoreRequest.newName(backup.id(), clock.instant());
        return new RestoreRequest(backup.id(), into, false, schemaOnly, tables, keepGoing);
    }

    private boolean isConfirmed(String name) {
        if (confirm != null) {
            return confirm.equals(name);
        }
        System.err.printf("To replace database %s, type its name: ", HostileText.line(name));
        System.err.flush();
        try {
            return name.equals(
                    new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void print(RestorePlan plan, Backup backup) {
        PrintStream err = System.err;
        err.printf(
                "%s%n  taken %s, in '%s', %s to read, %s to write, %s%n",
                plan.request().id(),
                plan.takenAt(),
                plan.store(),
                Sizes.of(plan.storedBytes()),
                Sizes.of(plan.dumpBytes()),
                plan.expected() == null
                        ? "no restore measured yet"
                        : "about " + Durations.clock(plan.expected()) + " as last measured");
        err.printf(
                "  verified: %s%n  %s database '%s'%n",
                backup.level().map(level -> level + " " + level.meaning()).orElse("no, it is DAMAGED"),
                plan.request().replace() ? "replaces" : "into the new",
                plan.request().into());
        plan.connections()
                .forEach(connection ->
                        err.println("  open connection, will be closed: " + HostileText.line(connection)));
        plan.warnings().forEach(warning -> err.println("  warning: " + HostileText.line(warning)));
        plan.obstacles().forEach(obstacle -> err.println("  BLOCKER: " + HostileText.line(obstacle)));
    }

    private static void print(Restored restored) {
        BackupShell.out()
                .printf(
                        "Restored %s into '%s' in %s: %d tables, %d rows.%n",
                        restored.id(),
                        restored.database(),
                        Durations.clock(restored.took()),
                        restored.tables(),
                        restored.rows());
        restored.kept()
                .ifPresent(kept -> BackupShell.out()
                        .printf("The replaced database is kept as '%s'; drop it when you are sure.%n", kept));
        restored.notes().forEach(note -> BackupShell.out().println("  " + HostileText.line(note)));
        restored.missing().forEach(missing -> BackupShell.out().println("  missing: " + HostileText.line(missing)));
        restored.differences()
                .forEach(difference -> BackupShell.out()
                        .println("  not as in the backup: " + HostileText.line(difference.sentence())));
    }
}
