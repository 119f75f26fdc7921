package dev.sidecar.relay;

import dev.sidecar.commands.SidecarCommand;
import picocli.CommandLine.Command;

/** Stands for the role in the help. The main class starts the role itself, without the context that commands run in. */
@Command(
        name = Relay.ROLE,
        description = {
            "Runs the relay alone: it accepts what other hosts push ('sidecar host add'), labels it with the host, and forwards it to Prometheus"
                    + " and Loki. Settings follow as --sidecar.relay.port=8002 or come from the environment."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:stopped",
            "1:did not start: a setting has an impossible value, or a port is taken",
            "143:stopped by SIGTERM"
        })
final class RelayCommand implements SidecarCommand {

    @Override
    public Integer call() {
        throw new IllegalStateException("the main class runs this role");
    }
}
