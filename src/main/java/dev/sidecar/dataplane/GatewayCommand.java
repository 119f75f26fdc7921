package dev.sidecar.dataplane;

import dev.sidecar.commands.SidecarCommand;
import picocli.CommandLine.Command;

/** Stands for the role in the help. The main class starts the role itself, without the context that commands run in. */
@Command(
        name = DataPlane.ROLE,
        description = {
            "Runs the gateway alone, as a process that needs nothing of the control plane. Settings follow as"
                    + " --sidecar.gateway.upstream=http://api:8081 or come from the environment.",
            "Set sidecar.gateway.url in the control plane to the address of this gateway, so that it starts none of its own."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:stopped",
            "1:did not start: a setting has an impossible value, or a port is taken",
            "143:stopped by SIGTERM, after running requests ended"
        })
final class GatewayCommand implements SidecarCommand {

    @Override
    public Integer call() {
        throw new IllegalStateException("the main class runs this role");
    }
}
