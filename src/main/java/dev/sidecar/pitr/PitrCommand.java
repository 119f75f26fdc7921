package dev.sidecar.pitr;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.CheckResult;
import dev.sidecar.text.Sizes;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code sidecar pitr}: shows which moments can be recovered, takes sets, proves recoveries, and handles the instance beside. */
@Command(
        name = "pitr",
        mixinStandardHelpOptions = true,
        description = {
            "Shows which moments can be recovered from the sets and the WAL that pgBackRest keeps, the gaps, and the last drill.",
            "Recover with 'sidecar restore --to-time', '--to-lsn' or '--latest'."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done; without a subcommand: the chain has no problem and the last drill held",
            "1:failed; the message says why and how to fix it",
            "2:wrong usage, or a setting is missing or wrong",
            "3:the chain has a problem, or the drill did not hold",
            "5:another run is at work",
            "10:proven, but one of your own checks failed"
        })
final class PitrCommand implements SidecarCommand {

    static final int FAILED = 1;
    static final int NOT_CONFIGURED = 2;
    private static final int PROBLEM = 3;
    private static final int BUSY = 5;
    private static final int CHECK = 10;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Pitr pitr;
    private final Recoveries recoveries;
    private final PrintStream out;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    PitrCommand(Pitr pitr, Recoveries recoveries, PrintStream out) {
        this.pitr = pitr;
        this.recoveries = recoveries;
        this.out = out;
    }

    @Override
    public Integer call() {
        PitrState state = run(pitr::look);
        if (json) {
            out.println(JSON.writeValueAsString(state));
        } else {
            print(state);
        }
        boolean held = state.drill().map(RecoveryResult::held).orElse(false);
        return state.problems().isEmpty() && held ? 0 : PROBLEM;
    }

    @Command(
            name = "backup",
            mixinStandardHelpOptions = true,
            description = "Takes a set: full, diff or incr. It is a full one if there is none to build on.")
    int backup(
            @Parameters(
                            paramLabel = "TYPE",
                            arity = "0..1",
                            defaultValue = "incr",
                            description = "full, diff or incr (default).")
                    String type) {
        PhysicalSet.Type wanted = Arrays.stream(PhysicalSet.Type.values())
                .filter(known -> known.label().equals(type) || known.words().equals(type))
                .findFirst()
                .orElseThrow(() -> new CommandFailure(
                        NOT_CONFIGURED, "'%s' is no type of set; there are full, diff and incr.".formatted(type)));
        out.println("Took " + run(() -> pitr.take(wanted)) + ".");
        return 0;
    }

    @Command(
            name = "drill",
            mixinStandardHelpOptions = true,
            description =
                    "Tests a recovery now: everything written before a moment must be there, and nothing written after it.")
    int drill() {
        System.err.println("Recovering to a moment between two markers …");
        RecoveryResult result = run(pitr::prove);
        result.lines().forEach(out::println);
        result.checks().forEach(check -> out.println(check.sentence()));
        result.problems().forEach(problem -> out.println("PROBLEM " + problem));
        if (!result.problems().isEmpty()) {
            return PROBLEM;
        }
        return result.checks().stream().allMatch(CheckResult::held) ? 0 : CHECK;
    }

    @Command(
            name = "promote",
            mixinStandardHelpOptions = true,
            description = "Makes the separate instance writable: its recovery ends where it is.")
    int promote() {
        return done(recoveries::promote, "The separate instance is writable now.");
    }

    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            description = "Starts the separate instance again after it was stopped.")
    int start() {
        return done(recoveries::startAgain, "The separate instance runs.");
    }

    @Command(
            name = "stop",
            mixinStandardHelpOptions = true,
            description = "Stops the separate instance; its files stay.")
    int stop() {
        return done(recoveries::stop, "The separate instance is stopped.");
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Stops the separate instance and removes its files.")
    int remove() {
        return done(recoveries::remove, "The separate instance is removed.");
    }

    @Command(
            name = "dump",
            mixinStandardHelpOptions = true,
            description = "Dumps one database, or one table of it, from the separate instance, for pg_restore.")
    int dump(
            @Parameters(paramLabel = "DATABASE", description = "Its name.") String database,
            @Option(names = "--table", description = "Only this table, as schema.table.") @Nullable String table,
            @Option(names = "--file", required = true, description = "The file to write.") Path file) {
        return done(() -> recoveries.dump(database, Optional.ofNullable(table), file), "Wrote " + file + ".");
    }

    /** Work without a result. */
    private interface Act {
        void run() throws InterruptedException;
    }

    private int done(Act act, String said) {
        run(() -> {
            act.run();
            return said;
        });
        out.println(said);
        return 0;
    }

    private void print(PitrState state) {
        state.lines().forEach(out::println);
        state.sets()
                .forEach(set -> out.printf(
                        "  %s  %s, complete %s, %s%n",
                        set.label(), set.type().words(), set.stopped(), Sizes.of(set.repositoryBytes())));
        state.drill()
                .ifPresentOrElse(
                        drill -> {
                            out.printf("Last drill: %s, %s%n", drill.at(), drill.held() ? "held" : "DID NOT HOLD");
                            drill.lines().forEach(line -> out.println("  " + line));
                            drill.checks().forEach(check -> out.println("  " + check.sentence()));
                            drill.problems().forEach(problem -> out.println("  PROBLEM " + problem));
                        },
                        () -> out.println("No drill has been run yet: run 'sidecar pitr drill'."));
        state.problems().forEach(problem -> out.println("PROBLEM " + problem));
    }

    /** Work that can be interrupted. */
    interface Work<T> {
        T run() throws InterruptedException;
    }

    private <T> T run(Work<T> work) {
        if (!pitr.isEnabled()) {
            throw new CommandFailure(
                    NOT_CONFIGURED, "Point-in-time recovery is off: set sidecar.pitr.enabled, and see docs/pitr.md.");
        }
        try {
            return work.run();
        } catch (BackupFailure e) {
            throw failure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(FAILED, "Stopped.");
        }
    }

    static CommandFailure failure(BackupFailure e) {
        return new CommandFailure(
                e.reason() == Reason.BUSY ? BUSY : e.reason() == Reason.NOT_CONFIGURED ? NOT_CONFIGURED : FAILED,
                e.getMessage());
    }
}
