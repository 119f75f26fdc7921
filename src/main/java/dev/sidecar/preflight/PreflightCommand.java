package dev.sidecar.preflight;

import dev.sidecar.commands.SidecarCommand;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "preflight",
        description =
                "Prepares the stack's start: generates missing secrets, renders the configurations that cannot read the"
                        + " environment, checks everything, and prints which parts are on, which are off, and why.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ready",
            "1:not ready: lines are marked WRONG; nothing was written",
            "2:wrong usage, or a setting with an impossible value"
        })
final class PreflightCommand implements SidecarCommand {

    private final Preflight preflight;

    @Spec
    private CommandSpec spec;

    PreflightCommand(Preflight preflight) {
        this.preflight = preflight;
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        boolean ready = preflight.run(out);
        out.flush();
        return ready ? 0 : 1;
    }
}
