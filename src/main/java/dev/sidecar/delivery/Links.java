package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.settings.Identity;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of what rules name beyond series: our own Prometheus knows it as external labels, another one is told in the rules' text. */
final class Links {

    private static final Pattern ADDRESS = Pattern.compile("https?://[A-Za-z0-9._~:/@%+\\[\\]-]+");
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9._-]+");

    @Option(
            names = "--grafana-links",
            paramLabel = "URL",
            defaultValue = "http://localhost:3001",
            description = "Where people open Grafana: links in alerts (default: ${DEFAULT-VALUE}).")
    String grafana = "";

    @Option(
            names = "--runbooks",
            paramLabel = "URL",
            defaultValue = "http://localhost:8080/runbooks",
            description = "Where people read the runbooks (default: ${DEFAULT-VALUE}).")
    String runbooks = "";

    @Option(
            names = "--stack",
            description = "Label of alerts whose series have none (default: sidecar.stack of this sidecar).")
    @Nullable
    String stack;

    @Option(
            names = "--host",
            description = "Label of alerts whose series have none (default: sidecar.host of this sidecar).")
    @Nullable
    String host;

    @Option(names = "--without", paramLabel = "ALERT", description = "Leaves out an alert; may be repeated.")
    List<String> without = List.of();

    /** The values, which become part of YAML and of templates. @throws CommandFailure if one cannot */
    Values values(Identity identity) {
        return new Values(
                matching(ADDRESS, "--grafana-links", grafana),
                matching(ADDRESS, "--runbooks", runbooks),
                matching(LABEL, "--stack", stack == null ? identity.stack() : stack),
                matching(LABEL, "--host", host == null ? identity.host() : host),
                new TreeSet<>(without));
    }

    private static String matching(Pattern form, String option, String value) {
        if (!form.matcher(value).matches()) {
            throw new CommandFailure(2, option + " must match " + form + ".");
        }
        return value.replaceAll("/+$", "");
    }

    record Values(String grafana, String runbooks, String stack, String host, Set<String> without) {

        String in(String text) {
            return text.replace("{{ $externalLabels.grafana_url }}", grafana)
                    .replace("{{ $externalLabels.runbooks_url }}", runbooks)
                    .replace("{{ $externalLabels.stack }}", stack)
                    .replace("{{ $externalLabels.host }}", host);
        }
    }
}
