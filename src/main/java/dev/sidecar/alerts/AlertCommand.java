package dev.sidecar.alerts;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.alerts.SidecarServer.Drill;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sidecar alert test}: asks the server that runs here for drills, as only that server hears what came of them. */
@Command(
        name = "alert",
        description = "Tests whether alerts reach people.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class AlertCommand implements SidecarCommand {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final BiFunction<String, AdminCredentials, SidecarServer> connect;
    private final java.util.function.Supplier<AdminCredentials> credentials;
    private final String defaultServer;
    private final PrintStream out;

    @Spec
    private CommandSpec spec;

    AlertCommand(
            BiFunction<String, AdminCredentials, SidecarServer> connect,
            java.util.function.Supplier<AdminCredentials> credentials,
            String defaultServer,
            PrintStream out) {
        this.connect = connect;
        this.credentials = credentials;
        this.defaultServer = defaultServer;
        this.out = out;
        this.spec = CommandSpec.create();
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "Say what to do: 'sidecar alert test'.");
    }

    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description =
                    "Sends an alert marked [DRILL] through the real Alertmanager and tells for each channel of the"
                            + " route whether it was delivered, how fast, or why not.",
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:every channel delivered",
                "1:the server cannot be asked",
                "2:wrong usage",
                "10:at least one channel did not deliver"
            })
    int test(
            @Option(names = "--route", description = "Which route; may be repeated. All if left out.")
                    List<String> routes,
            @Option(names = "--server", description = "Where the server is, if not on this machine.") String server)
            throws InterruptedException {
        SidecarServer sidecar = connect.apply(server == null ? defaultServer : server, credentials.get());
        List<String> known = sidecar.routes();
        List<String> wanted = routes == null || routes.isEmpty() ? known : routes;
        for (String route : wanted) {
            if (!known.contains(route)) {
                throw new CommandFailure(2, "There is no route '%s'; there are %s.".formatted(route, known));
            }
        }
        boolean all = true;
        for (String route : wanted) {
            all &= test(sidecar, route);
        }
        return all ? 0 : 10;
    }

    private boolean test(SidecarServer sidecar, String route) throws InterruptedException {
        out.println(route + ": sent, waiting …");
        String id = sidecar.startDrill(route);
        Drill drill = sidecar.drill(id);
        while (drill.finished() == null) {
            Thread.sleep(POLL.toMillis());
            drill = sidecar.drill(id);
        }
        if (drill.problem() != null) {
            out.println("  " + drill.problem());
            return false;
        }
        drill.channels().forEach(channel -> out.println(channel.line()));
        if (drill.channels().isEmpty()) {
            out.println("  nobody is told by this route");
        }
        return !drill.channels().isEmpty()
                && drill.channels().stream().allMatch(SidecarServer.DrilledChannel::delivered);
    }
}
