package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.peers.Peer;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** Options of the data sources that the dashboards name, and what becomes of them. KIND is prometheus, loki, alertmanager or tempo. */
final class DataSources {

    private static final Set<String> KINDS = Set.of("prometheus", "loki", "alertmanager", "tempo");

    @Option(
            names = "--source",
            paramLabel = "KIND=URL",
            description =
                    "Where Grafana reaches prometheus, loki, alertmanager or tempo; may be repeated. Without any, data sources are left as they are.")
    Map<String, URI> addresses = Map.of();

    @Option(names = "--source-user", paramLabel = "KIND=USER", description = "User that Grafana presents there.")
    Map<String, String> users = Map.of();

    @Option(names = "--source-password-file", paramLabel = "KIND=FILE", description = "File with that user's password.")
    Map<String, Path> passwords = Map.of();

    @Option(
            names = "--source-token-file",
            paramLabel = "KIND=FILE",
            description = "File with a token that Grafana presents there, as Bearer.")
    Map<String, Path> tokens = Map.of();

    @Option(
            names = "--source-tenant",
            paramLabel = "KIND=TENANT",
            description = "Tenant that Grafana names there, as X-Scope-OrgID.")
    Map<String, String> tenants = Map.of();

    /** Each as Grafana's API takes it. @param inFile writes logins as files of {@code $__file} instead of their content */
    List<Map<String, Object>> made(boolean inFile) {
        Set<String> named = new TreeSet<>(addresses.keySet());
        for (Map<String, ?> further : List.of(users, passwords, tokens, tenants)) {
            named.addAll(further.keySet());
            if (!addresses.keySet().containsAll(further.keySet())) {
                throw new CommandFailure(2, "Each KIND needs its --source.");
            }
        }
        if (!KINDS.containsAll(named)) {
            throw new CommandFailure(2, "KIND must be one of " + String.join(", ", new TreeSet<>(KINDS)) + ".");
        }
        if (!users.keySet().equals(passwords.keySet())) {
            throw new CommandFailure(2, "Give --source-user with --source-password-file.");
        }
        List<Map<String, Object>> made = new ArrayList<>();
        Map<?, ?> shipped = Shipped.yaml().load(template());
        for (Map<?, ?> one : RuleGroups.maps(shipped.get("datasources"))) {
            String kind = String.valueOf(one.get("uid"));
            URI address = addresses.get(kind);
            if (address != null) {
                try {
                    Peer.requireAddress("--source " + kind, address);
                } catch (InvalidSetting e) {
                    throw new CommandFailure(2, String.valueOf(e.getMessage()));
                }
                made.add(addressed(RuleGroups.strings(one), kind, address, inFile));
            }
        }
        return made;
    }

    /** Lines between "# if PART_TEMPO" and "# end" are for those who keep traces. */
    private String template() {
        boolean traces = addresses.containsKey("tempo");
        StringBuilder kept = new StringBuilder();
        boolean on = true;
        for (String line : Shipped.dataSources().split("\n")) {
            switch (line.strip()) {
                case "# if PART_TEMPO" -> on = traces;
                case "# end" -> on = true;
                default -> kept.append(on && !line.endsWith("# if LOKI_TENANT") ? line + "\n" : "");
            }
        }
        return kept.toString();
    }

    private Map<String, Object> addressed(Map<String, Object> source, String kind, URI address, boolean inFile) {
        List.of("basicAuth", "basicAuthUser", "secureJsonData", "isDefault", "editable")
                .forEach(source::remove);
        Map<String, Object> settings = RuleGroups.strings(source.get("jsonData"));
        Map<String, Object> secrets = new LinkedHashMap<>();
        source.put("url", address.toString());
        if (users.containsKey(kind)) {
            source.put("basicAuth", true);
            source.put("basicAuthUser", users.get(kind));
            secrets.put("basicAuthPassword", secret(Objects.requireNonNull(passwords.get(kind)), "", inFile));
        }
        int headers = 0;
        if (tokens.containsKey(kind)) {
            settings.put("httpHeaderName" + ++headers, "Authorization");
            secrets.put("httpHeaderValue" + headers, secret(tokens.get(kind), "Bearer ", inFile));
        }
        if (tenants.containsKey(kind)) {
            settings.put("httpHeaderName" + ++headers, "X-Scope-OrgID");
            secrets.put("httpHeaderValue" + headers, tenants.get(kind));
        }
        source.put("jsonData", settings);
        if (!secrets.isEmpty()) {
            source.put("secureJsonData", secrets);
        }
        return inFile ? source : unescaped(source);
    }

    private static String secret(Path file, String before, boolean inFile) {
        return before + (inFile ? "$__file{" + file + "}" : Login.fromFile(file).reveal());
    }

    /** "$$" is how a provisioned file writes "$". */
    private static Map<String, Object> unescaped(Map<String, Object> source) {
        Map<String, Object> plain = new LinkedHashMap<>();
        source.forEach((key, value) -> plain.put(key, key.equals("secureJsonData") ? value : plain(value)));
        return plain;
    }

    private static Object plain(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> plain = new LinkedHashMap<>();
            map.forEach((key, inner) -> plain.put(String.valueOf(key), plain(inner)));
            return plain;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(DataSources::plain).toList();
        }
        return value instanceof String text ? text.replace("$$", "$") : value;
    }
}
