package dev.sidecar.dumps;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code sidecar dumps}: shows what is known of dumps that others take, and restores the newest now. */
@Command(
        name = "dumps",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the newest dump of each source that others take (sidecar.dumps.sources), and the result of its restore.",
            "--prove restores the newest dump now, in a throwaway server, and runs your own checks on it. The dumps are only read."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every checked dump is recent, of a usual size, and was restored",
            "1:failed; the message says why and how to fix it",
            "2:wrong usage, or a setting is missing or wrong",
            "3:a dump is too old, too small, or was not restored in full",
            "4:there is no such source, or no dump in it",
            "10:restored, but one of your own checks failed"
        })
final class DumpsCommand implements SidecarCommand {

    private static final int FAILED = 1;
    private static final int NOT_CONFIGURED = 2;
    private static final int PROBLEM = 3;
    private static final int NOT_FOUND = 4;
    private static final int CHECK = 10;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Dumps dumps;
    private final PrintStream out;

    @Parameters(paramLabel = "SOURCE", arity = "0..1", description = "Only this source.")
    private @Nullable String source;

    @Option(names = "--prove", description = "Restore the newest dump now.")
    private boolean prove;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    DumpsCommand(Dumps dumps, PrintStream out) {
        this.dumps = dumps;
        this.out = out;
    }

    @Override
    public Integer call() {
        List<String> wanted = source == null ? dumps.sources() : List.of(source);
        if (wanted.isEmpty()) {
            throw new CommandFailure(
                    NOT_CONFIGURED,
                    "There is no source: set sidecar.dumps.sources.NAME.folder to the folder of the dumps.");
        }
        if (prove) {
            wanted.forEach(this::prove);
        }
        List<DumpState> states = wanted.stream().map(this::look).toList();
        if (json) {
            out.println(JSON.writeValueAsString(states));
        } else {
            states.forEach(this::print);
        }
        if (states.stream().allMatch(state -> state.problems().isEmpty())) {
            return 0;
        }
        boolean onlyChecks = states.stream().allMatch(DumpState::lacksOnlyChecks);
        return onlyChecks ? CHECK : PROBLEM;
    }

    private void prove(String name) {
        System.err.println("Restoring the newest dump of " + name + " …");
        try {
            dumps.prove(name);
        } catch (BackupFailure e) {
            throw failure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(FAILED, "Stopped.");
        }
    }

    private DumpState look(String name) {
        try {
            return dumps.look(name);
        } catch (BackupFailure e) {
            throw failure(e);
        }
    }

    private static CommandFailure failure(BackupFailure e) {
        return new CommandFailure(e.reason() == Reason.NOT_FOUND ? NOT_FOUND : FAILED, String.valueOf(e.getMessage()));
    }

    private void print(DumpState state) {
        state.lines().forEach(out::println);
        state.result().ifPresent(result -> result.notes().forEach(note -> out.println("  " + note)));
        state.problems().forEach(problem -> out.println("  PROBLEM " + problem));
        state.result().stream()
                .flatMap(result -> result.problems().stream().skip(1))
                .forEach(problem -> out.println("  " + problem));
    }
}
