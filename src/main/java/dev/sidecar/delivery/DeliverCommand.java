package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.settings.Identity;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sidecar deliver}: hands what the stack's own engines get to engines of others. */
@Command(
        name = "deliver",
        mixinStandardHelpOptions = true,
        description = {
            "Delivers the shipped rules, dashboards and data sources to engines of your own, and looks whether they arrived.",
            "Run it again after each upgrade."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:delivered, and there as it was sent",
            "1:refused, in the way, or not there afterwards",
            "2:wrong usage"
        })
final class DeliverCommand implements SidecarCommand {

    private final Identity identity;
    private final PrintStream out;

    DeliverCommand(Identity identity, PrintStream out) {
        this.identity = identity;
        this.out = out;
    }

    @Override
    public Integer call() {
        throw new CommandFailure(2, "Name where to: files, prometheus, ruler or grafana. See sidecar deliver --help.");
    }

    @Command(
            name = "files",
            mixinStandardHelpOptions = true,
            description = {
                "Writes rules, dashboards and data sources into the folders rules, dashboards and datasources below a folder."
            })
    int files(
            @Option(names = "--to", required = true, paramLabel = "FOLDER", description = "The folder.") Path folder,
            @Mixin Links links,
            @Mixin DataSources sources) {
        RuleGroups groups = RuleGroups.of(links.values(identity));
        List<Map<String, Object>> made = sources.made(true);
        Folder.ofYaml(folder.resolve("rules"), "sidecar-").write(groups.files());
        Folder.ofDashboards(folder.resolve("dashboards")).write(Shipped.dashboards());
        if (!made.isEmpty()) {
            Folder.ofYaml(folder.resolve("datasources"), "sidecar-")
                    .write(Map.of("datasources", Shipped.yaml().dump(Map.of("apiVersion", 1, "datasources", made))));
        }
        out.println("%d rules, %d dashboards and %d data sources are in %s."
                .formatted(groups.rules().size(), Shipped.dashboards().size(), made.size(), folder));
        return 0;
    }

    @Command(
            name = "prometheus",
            mixinStandardHelpOptions = true,
            description = {
                "Writes the rules into a folder that a Prometheus or vmalert reads, lets it reload, and looks whether it has them.",
                "Prometheus reloads only if started with --web.enable-lifecycle."
            })
    int prometheus(
            @Option(
                            names = "--to",
                            paramLabel = "FOLDER",
                            description =
                                    "A folder of its rule_files. Without it, what is there already is loaded and compared.")
                    @Nullable
                    Path folder,
            @Mixin Login login,
            @Mixin Links links) {
        RuleFiles prometheus = new RuleFiles(login.peer("Prometheus"));
        RuleGroups groups = RuleGroups.of(links.values(identity));
        if (folder != null) {
            Folder.ofYaml(folder, "sidecar-").write(groups.files());
        }
        asked(() -> prometheus.reload(groups));
        out.println("Prometheus has all %d rules.".formatted(groups.rules().size()));
        return 0;
    }

    @Command(
            name = "ruler",
            mixinStandardHelpOptions = true,
            description = {
                "Sends the rules to a ruler with Mimir's API and reads them back. The address ends before /config/v1/rules.",
                "A group of more than 20 rules is sent in parts, as Mimir takes no longer ones by default."
            })
    int ruler(
            @Option(
                            names = "--namespace",
                            defaultValue = "observability-sidecar",
                            description = "Namespace of the groups (default: ${DEFAULT-VALUE}).")
                    String namespace,
            @Option(
                            names = "--prune",
                            description = "Deletes groups of that namespace that this version does not have.")
                    boolean prune,
            @Mixin Login login,
            @Mixin Links links) {
        Ruler ruler = new Ruler(login.peer("The ruler"), namespace);
        RuleGroups groups = RuleGroups.of(links.values(identity));
        asked(() -> {
            Set<String> others = ruler.deliver(groups, prune);
            if (!others.isEmpty()) {
                out.println("%s: groups %s, which this version does not have."
                        .formatted(prune ? "Deleted" : "Left", String.join(", ", others)));
            }
        });
        out.println("The ruler has all %d rules.".formatted(groups.rules().size()));
        return 0;
    }

    @Command(
            name = "grafana",
            mixinStandardHelpOptions = true,
            description = {
                "Sends the dashboards to a Grafana, and with --source the data sources that they name, and reads them back.",
                "Its token is a service account's with the role Editor, with data sources Admin."
            })
    int grafana(
            @Option(names = "--replace", description = "Replaces dashboards and data sources of others under our uids.")
                    boolean replace,
            @Mixin Login login,
            @Mixin DataSources sources) {
        GrafanaTarget grafana = new GrafanaTarget(login.peer("Grafana"), replace);
        List<Map<String, Object>> made = sources.made(false);
        asked(() -> grafana.deliver(made, Shipped.dashboards()));
        out.println("Grafana has %d dashboards and %d data sources."
                .formatted(Shipped.dashboards().size(), made.size()));
        return 0;
    }

    private static void asked(Runnable work) {
        try {
            work.run();
        } catch (PeerUnavailable e) {
            throw new CommandFailure(e.getMessage());
        }
    }
}
