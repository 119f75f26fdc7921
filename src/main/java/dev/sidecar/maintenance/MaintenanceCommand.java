package dev.sidecar.maintenance;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code sidecar maintenance}: has the running sidecar silence what a deploy causes, shows what is on, and ends it. */
@Command(
        name = "maintenance",
        mixinStandardHelpOptions = true,
        description = {
            "Silences the alerts that a deploy causes for a limited time: starts with a time and a reason, ends with --end, and shows the current maintenance without arguments.",
            "It ends by itself. It never silences alerts on databases, backups, disks and security."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the sidecar or Alertmanager does not answer",
            "2:wrong usage, or outside the limits"
        })
final class MaintenanceCommand implements SidecarCommand {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int WRONG_USAGE = 2;
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private final Supplier<AdminCredentials> credentials;
    private final URI defaultServer;
    private final PrintStream out;

    @Parameters(index = "0", arity = "0..1", paramLabel = "TIME", description = "How long, such as 15m; 2h at most.")
    private @Nullable String time;

    @Parameters(index = "1", arity = "0..1", paramLabel = "REASON", description = "The reason; the console shows it.")
    private @Nullable String reason;

    @Option(names = "--end", description = "End now all that is on.")
    private boolean end;

    @Option(names = "--by", paramLabel = "NAME", description = "Who you are. Default: the user of this system.")
    private @Nullable String by;

    @Option(names = "--server", description = "Address of the sidecar, if it does not run on this machine.")
    private @Nullable URI server;

    MaintenanceCommand(Supplier<AdminCredentials> credentials, URI defaultServer, PrintStream out) {
        this.credentials = credentials;
        this.defaultServer = defaultServer;
        this.out = out;
    }

    @Override
    public Integer call() {
        if (end ? time != null : (time == null) != (reason == null)) {
            throw new CommandFailure(
                    WRONG_USAGE, "Say for how long and why: sidecar maintenance 15m \"deploy\". Or --end. Or nothing.");
        }
        Peer sidecar = sidecar(credentials.get());
        try {
            if (end) {
                end(sidecar);
            } else if (time == null) {
                show(sidecar.get("/api/maintenance"));
            } else {
                begin(sidecar, time, String.valueOf(reason));
            }
            return 0;
        } catch (PeerUnavailable e) {
            throw new CommandFailure(
                    e.isBadRequest() ? WRONG_USAGE : 1,
                    e.getMessage()
                            + (e.isBadRequest()
                                    ? ""
                                    : "\nCheck that the sidecar and Alertmanager run and that the login is right; --server sets the address."));
        }
    }

    private Peer sidecar(AdminCredentials login) {
        return new Peer(
                "The sidecar",
                "--server",
                server == null ? defaultServer : server,
                LIMIT,
                headers -> headers.setBasicAuth(login.user(), login.password().reveal(), StandardCharsets.UTF_8));
    }

    private void begin(Peer sidecar, String howLong, String why) {
        JsonNode begun = sidecar.exchangeJson(
                "/api/maintenance",
                Map.of("time", howLong, "reason", why, "by", by == null ? System.getProperty("user.name", "") : by));
        out.println("Maintenance until " + begun.path("until").asString("") + ": "
                + begun.path("reason").asString("") + ". It ends by itself; sidecar maintenance --end ends it now.");
    }

    private void end(Peer sidecar) {
        List<JsonNode> current = new ArrayList<>();
        sidecar.get("/api/maintenance").path("current").forEach(current::add);
        for (JsonNode one : current) {
            int status = sidecar.delete("/api/maintenance/" + one.path("id").asString(""));
            // It may have ended by itself meanwhile.
            if (status != OK && status != NOT_FOUND) {
                throw new PeerUnavailable("The sidecar answered %d to the end of a maintenance.".formatted(status));
            }
            out.println("Ended: " + one.path("reason").asString(""));
        }
        if (current.isEmpty()) {
            out.println("No maintenance is on.");
        }
    }

    private void show(JsonNode view) {
        view.path("current")
                .forEach(one -> out.println("until %s by %s: %s"
                        .formatted(
                                one.path("until").asString(""),
                                one.path("by").asString(""),
                                one.path("reason").asString(""))));
        if (view.path("current").isEmpty()) {
            out.println("No maintenance is on.");
        }
    }
}
