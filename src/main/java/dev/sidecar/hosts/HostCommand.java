package dev.sidecar.hosts;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code sidecar host}: lets other hosts push their metrics and log lines here, and ends that. */
@Command(
        name = "host",
        mixinStandardHelpOptions = true,
        description = {
            "Lists the other hosts that may push their metrics and log lines here. 'host add' makes a token for one more, 'host revoke' ends one.",
            "Whatever a host pushes is labelled with the name of its token. A change takes effect at once, without a restart."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the list cannot be read or written",
            "2:wrong usage, or not possible with this name"
        })
final class HostCommand implements SidecarCommand {

    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private final Hosts hosts;
    private final HostsProperties properties;
    private final PrintStream out;

    HostCommand(Hosts hosts, HostsProperties properties, PrintStream out) {
        this.hosts = hosts;
        this.properties = properties;
        this.out = out;
    }

    @Override
    public Integer call() {
        return list();
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = {
                "Creates a token for another host and prints the lines for its .env. The token is shown only once: a digest is kept."
            })
    int add(
            @Parameters(paramLabel = "NAME", description = "Its name: the label 'host' of all that it pushes.")
                    String name) {
        String token = run(() -> hosts.add(name));
        out.println(
                "# " + name
                        + " may push from now on. Put these lines into .env next to docker-compose.satellite.yml on that machine;");
        out.println("# the token is shown only once. The alert HostSilent fires until the first push arrives.");
        out.println("CENTRE_URL=" + properties.shownUrl());
        out.println("SATELLITE_NAME=" + name);
        out.println("SATELLITE_TOKEN=" + token);
        return 0;
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them, the revoked among them.")
    int list() {
        List<Satellite> all = run(hosts::all);
        all.forEach(satellite -> out.println("%-32s added %s%s"
                .formatted(
                        satellite.name(),
                        satellite.added(),
                        satellite.isTrusted() ? "" : ", revoked " + satellite.revoked())));
        if (all.isEmpty()) {
            out.println("No other host was added.");
        }
        return 0;
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Revokes a host's token at once. The data that it has pushed stays until it expires.")
    int revoke(@Parameters(paramLabel = "NAME", description = "As 'host list' shows it.") String name) {
        run(() -> {
            hosts.revoke(name);
            return name;
        });
        out.println(name + " may no longer push.");
        return 0;
    }

    private static <T> T run(Supplier<T> work) {
        try {
            return work.get();
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(WRONG_USAGE, String.valueOf(e.getMessage()));
        } catch (HostsUnreadable | UncheckedIOException e) {
            throw new CommandFailure(FAILED, String.valueOf(e.getMessage()));
        }
    }
}
