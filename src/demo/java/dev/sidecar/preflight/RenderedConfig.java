package dev.sidecar.preflight;

import static java.util.Objects.requireNonNull;

import dev.sidecar.preflight.tracing.TraceStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

/** Renders the committed configuration as the preflight does, for {@code ./run} and for tests, which start the real programs with it. */
public final class RenderedConfig {

    /** The token that Prometheus presents to the sidecar. */
    public static final String METRICS_TOKEN = "token-of-prometheus";

    /** The password that Prometheus presents to itself and to Alertmanager. */
    public static final String WEB_PASSWORD = "password-of-the-watchers";

    /** A stack can do without these; the setting {@code WITHOUT} names those that are away, separated by commas. */
    private static final Set<String> PARTS = Set.of("REDIS", "NGINX", "LOKI", "ALLOY", "GRAFANA");

    private RenderedConfig() {}

    /** The password that Prometheus presents to an exporter, such as {@code node}. */
    public static String exporterPassword(String exporter) {
        return "password-of-the-exporter-" + exporter;
    }

    /** Writes the file by which a program asks for that password. */
    static Path webLogin(Path directory) {
        Plan plan = new Plan();
        plan.write(directory.resolve("prometheus/web_password"), WEB_PASSWORD);
        new WebLogins(directory).prepare(plan);
        try {
            plan.carryOut();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return directory.resolve("prometheus/web.yml");
    }

    /** Writes {@code alertmanager.yml} and its templates into the directory, and the secret files beside them. */
    public static Path alertmanager(Path directory, Map<String, String> settings) throws IOException {
        Path secrets = Files.createDirectories(directory.resolve("secrets"));
        Map<String, String> all = new HashMap<>(settings);
        all.putIfAbsent("ALERTMANAGER_SECRETS", secrets.toString());
        for (Map.Entry<String, String> channel : Channels.SECRETS.entrySet()) {
            writeSecret(secrets, channel.getValue(), settings.get(channel.getKey()));
        }
        writeSecret(secrets, "smtp_password", settings.get("SMTP_PASSWORD"));
        writeSecret(secrets, "sidecar_token", settings.getOrDefault("SIDECAR_TOKEN", "token-of-the-sidecar"));
        Path templates = Files.createDirectories(directory.resolve("templates"));
        try (Stream<Path> files = Files.list(Path.of("alertmanager/templates"))) {
            for (Path file : files.toList()) {
                Files.copy(file, templates.resolve(file.getFileName()));
            }
        }
        return render(Path.of("alertmanager/alertmanager.yml"), directory, all);
    }

    /** Writes {@code prometheus.yml} and the rules into the directory. */
    public static Path prometheus(Path directory, Map<String, String> settings) throws IOException {
        Path secrets = Files.createDirectories(directory.resolve("secrets"));
        Files.writeString(secrets.resolve("metrics_token"), settings.getOrDefault("METRICS_TOKEN", METRICS_TOKEN));
        for (String login : List.of("web_password", "alertmanager_password")) {
            Files.writeString(secrets.resolve(login), WEB_PASSWORD);
        }
        for (String exporter : List.of("blackbox", "nginx", "node", "postgres")) {
            Files.writeString(secrets.resolve(exporter + "_exporter_password"), exporterPassword(exporter));
        }
        writeSecret(secrets, "remote_write_token", settings.get("REMOTE_WRITE_TOKEN"));
        writeSecret(secrets, "remote_write_password", settings.get("REMOTE_WRITE_PASSWORD"));
        Map<String, String> all = new HashMap<>(settings);
        Set<String> without = Set.of(settings.getOrDefault("WITHOUT", "").split(","));
        PARTS.stream().filter(part -> !without.contains(part)).forEach(part -> all.put("PART_" + part, "on"));
        all.putIfAbsent("PROMETHEUS_SECRETS", secrets.toString());
        all.putIfAbsent("SIDECAR_HOST", "h1");
        Files.createDirectories(directory.resolve("targets"));
        Path rules = Files.createDirectories(directory.resolve("rules"));
        try (Stream<Path> files = Files.list(Path.of("prometheus/rules"))) {
            for (Path file : files.toList()) {
                Files.copy(file, rules.resolve(file.getFileName()));
            }
        }
        return render(Path.of("prometheus/prometheus.yml"), directory, all);
    }

    /** The plugins of Grafana's that would run as processes that nobody uses. */
    public static String unusedPlugins() {
        return requireNonNull(
                        new TraceStore(name -> Optional.empty(), file -> Optional.empty(), Path.of(""))
                                .files()
                                .get(Path.of("grafana/disabled_plugins")),
                        "grafana/disabled_plugins")
                .orElseThrow();
    }

    /**
     * Writes Grafana's provisioning into the directory, and the sidecar's login into {@code secrets} beside it.
     *
     * @param addresses of the data sources by their uid; one without an address is left out
     */
    public static void grafana(Path directory, Map<String, String> addresses) throws IOException {
        Path secrets = directory.resolve("secrets");
        Plan plan = new Plan();
        new GrafanaViewer(secrets).prepare(plan);
        plan.write(secrets.resolve("grafana/prometheus_password"), WEB_PASSWORD);
        plan.write(secrets.resolve("grafana/alertmanager_password"), WEB_PASSWORD);
        plan.carryOut();
        Path provisioning = directory.resolve("provisioning");
        for (String kind : List.of("alerting", "dashboards", "plugins")) {
            Path folder = Files.createDirectories(provisioning.resolve(kind));
            try (Stream<Path> files = Files.list(Path.of("grafana/provisioning", kind))) {
                for (Path file : files.toList()) {
                    Files.writeString(
                            folder.resolve(file.getFileName()),
                            Files.readString(file)
                                    .replace(
                                            "/etc/grafana/dashboards",
                                            Path.of("grafana/dashboards")
                                                    .toAbsolutePath()
                                                    .toString()));
                }
            }
        }
        Path sources = Files.createDirectories(provisioning.resolve("datasources"));
        Path rendered = render(Path.of("grafana/provisioning/datasources/datasources.yml"), sources, Map.of());
        Files.writeString(
                rendered,
                new Yaml().dump(dataSources(Files.readString(rendered), addresses, secrets.resolve("grafana"))));
    }

    private static Map<String, Object> dataSources(String file, Map<String, String> addresses, Path secrets) {
        Map<String, Object> all = new Yaml().load(file.replace("/run/secrets/grafana", secrets.toString()));
        @SuppressWarnings("unchecked")
        List<Map<String, Object>> sources =
                (List<Map<String, Object>>) requireNonNull(all.get("datasources"), "datasources");
        sources.removeIf(source -> !addresses.containsKey(String.valueOf(source.get("uid"))));
        sources.forEach(source -> source.put("url", addresses.get(String.valueOf(source.get("uid")))));
        return all;
    }

    private static Path render(Path template, Path directory, Map<String, String> settings) throws IOException {
        String rendered =
                ConfigTemplate.render(Files.readString(template), name -> Optional.ofNullable(settings.get(name)));
        return Files.writeString(directory.resolve(template.getFileName()), rendered);
    }

    private static void writeSecret(Path directory, String name, @Nullable String value) throws IOException {
        if (value != null) {
            Files.writeString(directory.resolve(name), value);
        }
    }
}
