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
                "Makes the stack ready to start: generates the secrets that were not given, renders the configurations that"
                        + " cannot read the environment, checks all of it, and prints what is on, what is off and why.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ready",
            "1:something is wrong; nothing was written",
            "2:wrong usage or a setting with an impossible value"
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
