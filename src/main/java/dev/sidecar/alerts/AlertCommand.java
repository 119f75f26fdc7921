package dev.sidecar.alerts;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.peers.PeerUnavailable;
import java.io.PrintStream;
import java.net.URI;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sidecar alert test}: has the running sidecar drill routes, as only it receives Alertmanager's receipts. */
@Command(
        name = "alert",
        description = "Tests whether alerts reach people.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class AlertCommand implements SidecarCommand {

    private final BiFunction<URI, AdminCredentials, SidecarServer> connect;
    private final java.util.function.Supplier<AdminCredentials> credentials;
    private final URI defaultServer;
    private final PrintStream out;

    @Spec
    private CommandSpec spec;

    AlertCommand(
            BiFunction<URI, AdminCredentials, SidecarServer> connect,
            java.util.function.Supplier<AdminCredentials> credentials,
            URI defaultServer,
            PrintStream out) {
        this.connect = connect;
        this.credentials = credentials;
        this.defaultServer = defaultServer;
        this.out = out;
        this.spec = CommandSpec.create();
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "Missing subcommand: run 'sidecar alert test'.");
    }

    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description =
                    "Sends an alert marked [DRILL] through the real Alertmanager and reports for each channel of the"
                            + " route whether it was delivered, how fast, or why not.",
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:every channel delivered",
                "1:the sidecar does not answer",
                "2:wrong usage",
                "10:at least one channel did not deliver"
            })
    int test(
            @Option(names = "--route", description = "Route to test; may be repeated. Default: all, in parallel.")
                    @Nullable
                    List<String> routes,
            @Option(names = "--server", description = "Address of the sidecar, if it does not run on this machine.")
                    URI server)
            throws InterruptedException {
        SidecarServer sidecar = connect.apply(server == null ? defaultServer : server, credentials.get());
        try {
            return test(sidecar, routes);
        } catch (PeerUnavailable e) {
            throw new CommandFailure(e.getMessage()
                    + "\nCheck that the sidecar runs there and that the login is right; --server sets the address.");
        }
    }

    private int test(SidecarServer sidecar, @Nullable List<String> routes) throws InterruptedException {
        List<String> known = sidecar.routes();
        List<String> wanted = routes == null || routes.isEmpty() ? known : routes;
        for (String route : wanted) {
            if (!known.contains(route)) {
                throw new CommandFailure(2, "No route '%s'; the routes are %s.".formatted(route, known));
            }
        }
        return new RouteTests(sidecar, out).run(wanted) ? 0 : 10;
    }
}
