package dev.sidecar.preflight;

import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.probes.Probes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "preflight",
        description =
                "Prepares the stack's start: generates missing secrets, renders the configurations that cannot read the"
                        + " environment, checks everything, and prints which parts are on, which are off, and why.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ready; with --probe: everything answered",
            "1:not ready: lines are marked WRONG; nothing was written",
            "2:wrong usage, or a setting with an impossible value"
        })
final class PreflightCommand implements SidecarCommand {

    private final Preflight preflight;
    private final Supplier<Probes> probes;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--probe",
            description =
                    "Only test whether mail server, channels, API, databases and Redis answer, with the settings of the"
                            + " sidecar; prepares nothing and sends no message.")
    private boolean probe;

    PreflightCommand(Preflight preflight, Supplier<Probes> probes) {
        this.preflight = preflight;
        this.probes = probes;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        boolean ready = probe ? probes.get().run(out) : preflight.run(out);
        out.flush();
        return ready ? 0 : 1;
    }
}
