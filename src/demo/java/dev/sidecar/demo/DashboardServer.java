package dev.sidecar.demo;

import static java.util.Objects.requireNonNull;

import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * Grafana of {@code ./run} with the settings of the stack's, the shipped data sources and dashboards. It starts when Prometheus does, as its
 * data sources are asked from then on.
 */
final class DashboardServer implements AutoCloseable {

    private static final Path COMPOSE = Path.of("docker-compose.staging.yml");

    private final Path home;
    private final int port;
    private final ChildProcess process;
    private final String password = UUID.randomUUID().toString();

    private DashboardServer(Path installed, Path home, int port) {
        this.home = home;
        this.port = port;
        this.process = ChildProcess.start(
                "Grafana",
                UnixUser.same(),
                environment(),
                line -> {},
                ChildProcess.guardedWhenReady(
                        home,
                        "TERM",
                        List.of(
                                program(installed).toString(),
                                "server",
                                "--homepath=" + installed,
                                "--config=" + home.resolve("none.ini"))));
    }

    /**
     * The folder in which Grafana is installed, with its pages and defaults: a package puts its program far from it, and the program on the
     * PATH may be a script that insists on the package's own settings.
     *
     * @throws IllegalStateException if the program has none
     */
    static Path installation() {
        Path program = Programs.find("grafana");
        try {
            Path real = program.toRealPath();
            return Stream.of(
                            real.resolveSibling(".."),
                            real.resolveSibling("../share/grafana"),
                            Path.of("/usr/share/grafana"))
                    .map(Path::normalize)
                    .filter(folder -> Files.isRegularFile(folder.resolve("conf/defaults.ini")))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(
                            program + " is there, but not the folder with conf/defaults.ini that belongs to it"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path program(Path installed) {
        Path own = installed.resolve("bin/grafana");
        return Files.isExecutable(own) ? own : Programs.find("grafana");
    }

    /**
     * Prepares it.
     *
     * @param installed the folder in which it is installed
     * @param beside whose name its folder's begins with
     * @param sources addresses of the data sources, by their uid
     */
    static DashboardServer start(Path installed, Path beside, int port, Map<String, String> sources) {
        DashboardServer server = new DashboardServer(installed, Path.of(beside + "-grafana"), port);
        try {
            Watching.awaitFolder(server.home, List.of(server.process));
            RenderedConfig.grafana(server.home, sources);
            Files.writeString(server.home.resolve("none.ini"), "");
            Files.createFile(
                    server.passwordFile(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(server.passwordFile(), server.password);
            return server;
        } catch (IOException e) {
            server.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** The stack's settings, but for where things are. The image's entry script reads {@code …__FILE}, which Grafana itself does not. */
    private Map<String, String> environment() {
        Map<String, String> settings = new HashMap<>();
        shipped().forEach((name, value) -> {
            if (name.startsWith("GF_") && !name.endsWith("__FILE")) {
                settings.put(name, String.valueOf(value));
            }
        });
        settings.put("GF_SERVER_HTTP_ADDR", "127.0.0.1");
        settings.put("GF_SERVER_HTTP_PORT", Integer.toString(port));
        settings.put("GF_SERVER_ROOT_URL", url());
        settings.put("GF_SECURITY_ADMIN_PASSWORD", password);
        settings.put("GF_PLUGINS_DISABLE_PLUGINS", RenderedConfig.unusedPlugins());
        settings.put(
                "GF_AUTH_JWT_KEY_FILE",
                home.resolve("secrets/grafana/viewer_key.pem").toString());
        settings.put("GF_PATHS_DATA", home.resolve("data").toString());
        settings.put("GF_PATHS_LOGS", home.resolve("log").toString());
        settings.put("GF_PATHS_PLUGINS", home.resolve("plugins").toString());
        settings.put("GF_PATHS_PROVISIONING", home.resolve("provisioning").toString());
        settings.put(
                "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH",
                Path.of("grafana/dashboards/overview.json").toAbsolutePath().toString());
        settings.put("GOMEMLIMIT", "300MiB");
        return settings;
    }

    private static Map<String, Object> shipped() {
        try {
            Map<String, Map<String, Map<String, Map<String, Object>>>> file =
                    compose().load(Files.readString(COMPOSE));
            return requireNonNull(
                    requireNonNull(
                                    requireNonNull(file.get("services"), "services")
                                            .get("grafana"),
                                    "grafana")
                            .get("environment"),
                    "environment");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The stack's file repeats itself by more aliases than are taken for harmless. */
    static Yaml compose() {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1_000);
        return new Yaml(options);
    }

    /** Lets it start. */
    void begin() {
        try {
            Files.writeString(home.resolve("go"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    String url() {
        return "http://localhost:" + port;
    }

    Path passwordFile() {
        return home.resolve("admin-password");
    }

    /** Settings with which the sidecar knows of it. */
    Map<String, String> settings() {
        return Map.of(
                "SIDECAR_DASHBOARDS_GRAFANAURL", "http://" + address(),
                "SIDECAR_DASHBOARDS_PUBLICURL", url(),
                "SIDECAR_DASHBOARDS_VIEWERTOKEN_FILE",
                        home.resolve("secrets/sidecar/grafana_viewer_token").toString());
    }

    @Override
    public void close() {
        process.close();
    }
}
