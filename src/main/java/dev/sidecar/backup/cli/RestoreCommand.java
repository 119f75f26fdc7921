package dev.sidecar.backup.cli;

import dev.sidecar.backup.RestorePlan;
import dev.sidecar.backup.RestoreRequest;
import dev.sidecar.backup.Restored;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.pitr.RecoveryShell;
import dev.sidecar.pitr.RecoveryTarget;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Progress;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Sizes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code sidecar restore}: restores a backup. */
@Command(
        name = "restore",
        description = {
            "Restores a backup into a new database, or replaces the live database with it.",
            "With --to-time, --to-lsn or --latest it recovers the whole cluster from the sets and the WAL of pgBackRest instead, into an"
                    + " separate instance, which you inspect and then promote.",
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

    private static final int LONGEST_ANSWER = 1_000;

    /** The options that apply only to logical backups. */
    private static final List<String> OF_A_BACKUP = List.of(
            "--database",
            "--into",
            "--replace",
            "--privileged",
            "--schema-only",
            "--table",
            "--public-key",
            "--keep-going",
            "--json");

    private static final List<String> OF_A_MOMENT = List.of("--in-place", "--set", "--stay");

    private final BackupShell shell;
    private final RecoveryShell recoveries;
    private final Clock clock;

    @Parameters(paramLabel = "BACKUP", arity = "0..1", description = "Id of the backup, or 'latest' (default).")
    private String which = "latest";

    @Option(names = "--database", description = "Restore the latest backup of this database.")
    private @Nullable String database;

    @ArgGroup(exclusive = true)
    private Target target = new Target();

    static final class Target {

        @Option(names = "--into", description = "Name of the new database. Default: <database>_<time>.")
        private @Nullable String into;

        @Option(names = "--replace", description = "Name of the live database to replace. Asks you to confirm.")
        private @Nullable String replace;
    }

    @Option(names = "--confirm", description = "The name given to --replace once more, to confirm without a prompt.")
    private @Nullable String confirm;

    @Option(
            names = "--privileged",
            negatable = true,
            description = "Have the administrator restore what the plan lists as privileged; you then trust the backup."
                    + " --no-privileged leaves it out. Without either you are asked.")
    private @Nullable Boolean privileged;

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

    @ArgGroup(exclusive = true)
    private @Nullable Moment moment;

    static final class Moment {

        @Option(
                names = "--to-time",
                paramLabel = "TIME",
                description = "Recover to this moment, such as '2026-11-27 02:13:00+00'.")
        private @Nullable String time;

        @Option(names = "--to-lsn", paramLabel = "LSN", description = "Recover to this position in the WAL.")
        private @Nullable String lsn;

        @Option(names = "--latest", description = "Recover all that is archived.")
        private boolean latest;
    }

    @Option(
            names = "--in-place",
            description =
                    "With --to-time, --to-lsn or --latest: recover over the data directory of the stopped server. Asks you to"
                            + " confirm with the name of the stanza.")
    private boolean inPlace;

    @Option(
            names = "--set",
            paramLabel = "SET",
            description =
                    "With --to-time, --to-lsn or --latest: begin with this set instead of the one with which it is the fastest.")
    private @Nullable String set;

    @Option(
            names = "--stay",
            description =
                    "With --to-time, --to-lsn or --latest: wait until the separate instance is stopped, as in a container.")
    private boolean stay;

    @Spec
    private @Nullable CommandSpec spec;

    RestoreCommand(BackupShell shell, RecoveryShell recoveries, Clock clock) {
        this.shell = shell;
        this.recoveries = recoveries;
        this.clock = clock;
    }

    @Override
    public Integer call() {
        Moment asked = moment;
        refuse(asked != null);
        if (asked != null) {
            return shell.run(
                    shell.backups().progress(),
                    () -> recoveries.recover(target(asked), set, inPlace, confirm, planOnly, stay));
        }
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
                    "Not confirmed: type the name of the database, or pass it with --confirm.");
        }
        RestoreRequest decided =
                plan.asksForConsent() && privileged == null && consents() ? request.withConsent() : request;
        if (plan.asksForConsent() && privileged == null && request.replace() && !decided.privileged()) {
            throw new CommandFailure(
                    BackupShell.NOT_CONFIRMED,
                    "Not decided: --privileged restores what the plan lists as privileged too, --no-privileged leaves it out.");
        }
        Restored restored = shell.run(progress, () -> shell.backups().restore(decided, progress));
        if (json) {
            BackupShell.json(restored);
        } else {
            print(restored);
        }
        return restored.missing().isEmpty() ? 0 : BackupShell.INCOMPLETE;
    }

    /** An option must not be ignored silently, because somebody meant it. */
    private void refuse(boolean ofAMoment) {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        ParseResult given = line.getParseResult();
        Optional<String> other = (ofAMoment ? OF_A_BACKUP : OF_A_MOMENT)
                .stream().filter(given::hasMatchedOption).findFirst();
        if (!ofAMoment && other.isPresent()) {
            throw new ParameterException(
                    line, other.get() + " goes with --to-time, --to-lsn or --latest, which say how far to recover.");
        }
        if (ofAMoment && (other.isPresent() || given.hasMatchedPositional(0))) {
            throw new ParameterException(
                    line,
                    "%s applies to a logical backup; --to-time, --to-lsn and --latest recover the whole cluster. Dump one database or table from the separate instance with 'sidecar pitr dump'."
                            .formatted(other.orElse("The id of a backup")));
        }
    }

    private static RecoveryTarget target(Moment asked) {
        if (asked.time != null) {
            return RecoveryTarget.time(asked.time);
        }
        return asked.lsn != null ? RecoveryTarget.lsn(asked.lsn) : RecoveryTarget.LATEST;
    }

    private RestoreRequest request(Backup backup) {
        if (target.replace != null) {
            return asked(new RestoreRequest(backup.id(), target.replace, true, schemaOnly, tables));
        }
        String into = target.into != null ? target.into : RestoreRequest.newName(backup.id(), clock.instant());
        return asked(new RestoreRequest(backup.id(), into, false, schemaOnly, tables));
    }

    private RestoreRequest asked(RestoreRequest request) {
        RestoreRequest consented = Boolean.TRUE.equals(privileged) ? request.withConsent() : request;
        return keepGoing ? consented.pastErrors() : consented;
    }

    private static boolean consents() {
        return answers(
                "To have the administrator restore what is listed as privileged, type 'privileged'; to leave it out, press Enter: ",
                "privileged");
    }

    private boolean isConfirmed(String name) {
        if (confirm != null) {
            return confirm.equals(name);
        }
        return answers("To replace database %s, type its name: ".formatted(HostileText.line(name)), name);
    }

    /** Reads byte by byte, so that the next question finds its answer. */
    private static boolean answers(String question, String wanted) {
        System.err.print(question);
        System.err.flush();
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = System.in.read(); b >= 0 && b != '\n' && line.size() < LONGEST_ANSWER; b = System.in.read()) {
                line.write(b);
            }
            return wanted.equals(line.toString(Charset.defaultCharset()).strip());
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
        plan.privileged().forEach(what -> err.println("  privileged: " + HostileText.line(what)));
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
