package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A compose file of the repository, run by the compose command as a person would, under a project name and on ports of its own.
 * Nothing of it is left after {@link #close()}.
 */
final class ComposeStack implements AutoCloseable {

    static final String FILE = "docker-compose.staging.yml";
    private static final List<String> PORTS = List.of(
            "EDGE_PORT",
            "EDGE_TLS_PORT",
            "CONTROL_PORT",
            "GATEWAY_PORT",
            "PROMETHEUS_PORT",
            "ALERTMANAGER_PORT",
            "LOKI_PORT",
            "GRAFANA_PORT",
            "PITR_BESIDE_PORT");

    /** How a command ended, and what it wrote. */
    record Result(int exitCode, String out, String err) {

        String all() {
            return out + err;
        }
    }

    private final Path secrets;
    private final Map<String, String> settings = new HashMap<>();
    private @Nullable String prometheusLogin;
    private @Nullable EngineRoom room;
    private final @Nullable ComposeStack centre;
    private final List<String> files;

    ComposeStack(String name, Path secrets) throws IOException {
        this(name, secrets, FILE, null);
    }

    /**
     * Another host: a project of its own in networks of its own.
     *
     * @param centre the stack that runs, which is to be closed after it; null if none does
     */
    static ComposeStack satellite(String name, Path secrets, @Nullable ComposeStack centre) throws IOException {
        return new ComposeStack(name, secrets, "docker-compose.satellite.yml", centre);
    }

    private ComposeStack(String name, Path secrets, String file, @Nullable ComposeStack centre) throws IOException {
        this.secrets = secrets;
        this.centre = centre;
        this.files = new ArrayList<>(List.of("-f", file));
        settings.put(
                "COMPOSE_PROJECT_NAME",
                "sidecar-" + name + "-" + ProcessHandle.current().pid());
        // One tag for all runs, so that the layers are built once.
        settings.put("SIDECAR_VERSION", "test");
        settings.put("SECRETS_DIR", secrets.toString());
        List<ServerSocket> held = new ArrayList<>();
        for (String port : PORTS) {
            ServerSocket socket = new ServerSocket(0);
            held.add(socket);
            settings.put(port, String.valueOf(socket.getLocalPort()));
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        requireEngine();
    }

    /** One of the settings of {@code .env.example}, from now on. */
    void set(String setting, String value) {
        settings.put(setting, value);
    }

    /** Loki is for those on its network alone; a test that asks it has it published, too. */
    void publishLoki(Path folder) throws IOException {
        Path more = Files.writeString(folder.resolve("loki-published.yml"), """
                services:
                  loki:
                    ports: ["127.0.0.1:${LOKI_PORT}:3100"]
                    networks: [logs, observe]
                """);
        alsoFrom(more);
    }

    /** One more compose file, whose settings are merged into the first one's. */
    void alsoFrom(Path more) {
        files.addAll(List.of("-f", more.toString()));
    }

    /** The user and password that Prometheus asks for. */
    String prometheusLogin() {
        String known = prometheusLogin;
        if (known == null) {
            known = readPrometheusLogin();
            prometheusLogin = known;
        }
        return known;
    }

    /** Its address with the login in it. */
    URI prometheus() {
        String login = new String(Base64.getDecoder().decode(prometheusLogin().substring(6)), StandardCharsets.UTF_8);
        return URI.create(url("PROMETHEUS_PORT", "/").replace("http://", "http://" + login + "@"));
    }

    private String readPrometheusLogin() {
        Result password = compose(
                "run", "--rm", "--no-deps", "--entrypoint", "cat", "preflight", "/run/secrets/prometheus/web_password");
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString(("admin:" + password.out().strip()).getBytes(StandardCharsets.UTF_8));
    }

    private void requireEngine() {
        Result version = run(Map.of(), "docker", "version");
        assertThat(version.exitCode())
                .as(
                        "This test needs a Docker engine with the compose plugin, and a user that may use it: %s",
                        version.all())
                .isZero();
    }

    /** All services but those whose images are only to be had from a registry. */
    List<String> servicesFromStandIns() {
        return compose("config", "--services")
                .out()
                .lines()
                .filter(service -> !List.of("loki", "alloy", "grafana").contains(service))
                // They are left out unless PITR=1, TRACING=1 or SATELLITES=1.
                .filter(service -> !service.startsWith("pitr-"))
                .filter(service -> !List.of("trace-collector", "tempo", "relay").contains(service))
                .toList();
    }

    /** The image of a service, with its version. */
    String image(String service) {
        return JsonMapper.shared()
                .readTree(compose("config", "--format", "json").out())
                .at("/services/" + service + "/image")
                .asString();
    }

    String project() {
        return settings.get("COMPOSE_PROJECT_NAME");
    }

    String url(String port, String path) {
        return "http://127.0.0.1:" + settings.get(port) + path;
    }

    Path secrets() {
        return secrets;
    }

    /**
     * Makes the images, which the next stack finds made. Compose marks them with the project: those of the one before are the same but for
     * that, and go, unless a stack that runs has them.
     */
    void build() throws IOException {
        alone(() -> {
            Set<String> before = imagesOfOurs();
            Result built = compose("build");
            assertThat(built.exitCode()).as(built.all()).isZero();
            Set<String> after = imagesOfOurs();
            before.stream().filter(image -> !after.contains(image)).forEach(image -> docker("image", "rm", image));
        });
    }

    private Set<String> imagesOfOurs() {
        return Stream.of("observability-sidecar", "sidecar-sample-api", "sidecar-postgres")
                .flatMap(name ->
                        docker("image", "ls", "--quiet", name + ":test").out().lines())
                .collect(Collectors.toSet());
    }

    /** Starts them all from images that are here; Compose would pull also those of services that are left out. */
    void upWithoutPulling() throws IOException {
        start(List.of("--pull", "never"));
    }

    void up(List<String> services) throws IOException {
        start(services);
    }

    private void start(List<String> rest) throws IOException {
        List<String> command = new ArrayList<>(List.of("up", "--detach", "--wait", "--wait-timeout", "600"));
        command.addAll(rest);
        EngineRoom room = room();
        if (!started(command)) {
            compose("down", "--timeout", "10");
            room.alone();
            assertThat(started(command))
                    .as(
                            "the engine has room for the networks of one stack; see \"If Docker has no network left\" in docs/stack.md")
                    .isTrue();
        }
    }

    /** Its own, or the one that its centre has. */
    private EngineRoom room() throws IOException {
        if (centre != null) {
            return centre.room();
        }
        if (room == null) {
            room = EngineRoom.shared();
        }
        return room;
    }

    /** @return whether the engine had room for its networks */
    private boolean started(List<String> command) throws IOException {
        AtomicBoolean full = new AtomicBoolean();
        alone(() -> {
            Result result = compose(command.toArray(String[]::new));
            // The engine takes a port that is free, and another program may have it before the container does.
            if (result.exitCode() != 0 && result.all().contains("failed to bind host port")) {
                result = compose(command.toArray(String[]::new));
            }
            full.set(result.all().contains("address pools have been fully subnetted"));
            assertThat(full.get() ? 0 : result.exitCode())
                    .as("%s", result.exitCode() == 0 ? "" : result.all() + states() + logs())
                    .isZero();
        });
        return !full.get();
    }

    /**
     * One stack at a time, whichever JVM it is of: once they run they mostly wait, but three that start at once are so slow that
     * Alertmanager gives up telling a sidecar that does not listen yet.
     */
    private static void alone(Runnable work) throws IOException {
        Path lock = Files.createDirectories(Path.of("target")).resolve("stack.lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            assertThat(held.isValid()).isTrue();
            work.run();
        }
    }

    Result compose(String... arguments) {
        return compose(Map.of(), arguments);
    }

    Result compose(Map<String, String> more, String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker", "compose", "--progress", "quiet"));
        command.addAll(files);
        command.addAll(Arrays.asList(arguments));
        return run(more, command.toArray(String[]::new));
    }

    Result preflight(Map<String, String> more) {
        return compose(more, "run", "--rm", "--no-deps", "preflight");
    }

    /** One of the scripts that a person runs on the host. */
    Result script(String... command) {
        return run(Map.of(), command);
    }

    /** A command inside a service. */
    Result exec(String service, String... command) {
        return compose(Stream.concat(Stream.of("exec", "-T", service), Arrays.stream(command))
                .toArray(String[]::new));
    }

    /** All that the engine knows of a service's container. */
    JsonNode inspect(String service) {
        return JsonMapper.shared()
                .readTree(docker("inspect", container(service)).out())
                .get(0);
    }

    String container(String service) {
        String id = compose("ps", "--all", "--quiet", service).out().strip();
        assertThat(id).as("container of " + service).isNotEmpty();
        return id;
    }

    String logs(String service) {
        return compose("logs", "--no-color", "--no-log-prefix", service).out();
    }

    /** Each container with its state; of those that are not healthy what their last check said. */
    private String states() {
        StringBuilder states = new StringBuilder();
        for (String id : compose("ps", "--all", "--quiet").out().lines().toList()) {
            JsonNode state = JsonMapper.shared()
                    .readTree(docker("inspect", "--format", "{{json .}}", id).out());
            String health = state.at("/State/Health/Status").asString("");
            states.append(state.at("/Name").asString().substring(1))
                    .append(" is ")
                    .append(state.at("/State/Status").asString())
                    .append(" (exit code ")
                    .append(state.at("/State/ExitCode").asInt())
                    .append(") ")
                    .append(health);
            if (!health.isEmpty() && !health.equals("healthy")) {
                JsonNode checks = state.at("/State/Health/Log");
                states.append(": ")
                        .append(
                                checks.isEmpty()
                                        ? "not checked yet"
                                        : checks.get(checks.size() - 1)
                                                .at("/Output")
                                                .asString()
                                                .strip());
            }
            states.append('\n');
        }
        return states.toString();
    }

    private String logs() {
        return compose("logs", "--no-color", "--tail", "30").all();
    }

    Result docker(String... arguments) {
        return run(
                Map.of(),
                Stream.concat(Stream.of("docker"), Arrays.stream(arguments)).toArray(String[]::new));
    }

    /** Kills the process from outside its container: for the engine that is a crash, not a stop that somebody asked for. */
    void crash(String service) {
        String process = inspect(service).at("/State/Pid").asString();
        Result killed = docker(
                "run",
                "--rm",
                "--pid",
                "host",
                "--user",
                "0",
                "--network",
                "none",
                "--entrypoint",
                "bash",
                "sidecar-postgres:test",
                "-c",
                "kill -9 " + process);
        assertThat(killed.exitCode()).as(killed.all()).isZero();
    }

    private Result run(Map<String, String> more, String... command) {
        try {
            Path out = Files.createTempFile("compose", ".out");
            Path err = Files.createTempFile("compose", ".err");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(settings);
            builder.environment().putAll(more);
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(15, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " did not end");
            }
            Result result = new Result(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
            Files.delete(out);
            Files.delete(err);
            return result;
        } catch (IOException e) {
            throw new AssertionError("cannot run " + command[0] + ": install it and start the test again", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        compose("down", "--volumes", "--timeout", "10");
        if (room != null) {
            room.close();
        }
    }
}
