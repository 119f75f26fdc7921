package dev.sidecar.preflight;

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
