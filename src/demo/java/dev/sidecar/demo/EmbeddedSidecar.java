package dev.sidecar.demo;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/**
 * What {@code ./run} runs: the sidecar as it is packaged, on an embedded default of a throwaway PostgreSQL with real data, the
 * sample API on it, and light traffic through the gateway. It ends with Ctrl-C, in the reverse order, and leaves nothing.
 */
final class EmbeddedSidecar implements AutoCloseable {

    private static final Path JAR = Path.of("target", "observability-sidecar.jar");

    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private final int controlPort;
    private final int gatewayPort;
    private final Consumer<String> out;
    private final Path home;
    private boolean closed;

    EmbeddedSidecar(int controlPort, int gatewayPort, Consumer<String> out) {
        this.home = Path.of(
                System.getProperty("java.io.tmpdir"),
                "sidecar-run-" + ProcessHandle.current().pid());
        this.controlPort = controlPort;
        this.gatewayPort = gatewayPort;
        this.out = out;
    }

    public static void main(String[] args) throws InterruptedException {
        EmbeddedSidecar sidecar =
                new EmbeddedSidecar(port("SERVER_PORT", 8080), port("SIDECAR_GATEWAY_PORT", 8000), System.out::println);
        Runtime.getRuntime().addShutdownHook(new Thread(sidecar::close, "shutdown"));
        try {
            sidecar.start().waitFor(Duration.ofDays(3650));
            System.err.println("The sidecar has ended by itself.");
        } catch (IllegalStateException e) {
            sidecar.complain(e);
        }
        System.exit(1);
    }

    /** Failures caused by the stop itself are not reported. */
    private synchronized void complain(IllegalStateException failure) {
        if (!closed) {
            System.err.println(failure.getMessage());
        }
    }

    private static int port(String variable, int standard) {
        String value = System.getenv(variable);
        return value == null || value.isBlank() ? standard : Integer.parseInt(value);
    }

    /** @return the sidecar's process, live */
    ChildProcess start() {
        requireFree("SERVER_PORT", controlPort);
        requireFree("SIDECAR_GATEWAY_PORT", gatewayPort);
        if (!Files.isRegularFile(JAR)) {
            throw new IllegalStateException(JAR.toAbsolutePath() + " is missing; ./run builds it.");
        }
        out.accept("Starting a throwaway PostgreSQL and filling it …");
        PostgresServer postgres = keep(PostgresServer.start());
        SampleDatabase database = SampleDatabase.load(postgres);
        out.accept("Sample database '%s' is loaded (%s). Starting the sample API …"
                .formatted(database.name(), database.size()));
        SampleApi api = keep(SampleApi.start(
                Map.of(
                        "SPRING_DATASOURCE_URL", postgres.jdbcUrl(database.name()),
                        "SPRING_DATASOURCE_USERNAME", database.owner(),
                        "SPRING_DATASOURCE_PASSWORD", database.password()),
                this::pass));
        out.accept("The sample API answers. Starting the sidecar in front of it …");
        ChildProcess sidecar = keep(sidecar(postgres, api));
        awaitLive(sidecar);
        keep(new Traffic(gatewayUrl())).start();
        out.accept(welcome());
        return sidecar;
    }

    private static void requireFree(String variable, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "Port %d is taken by another program. Stop that, or choose another one: %s=%d ./run"
                            .formatted(port, variable, port + 10000 > 65535 ? port - 1000 : port + 10000));
        }
    }

    private ChildProcess sidecar(PostgresServer postgres, SampleApi api) {
        Map<String, String> settings = new HashMap<>();
        settings.put("SERVER_PORT", Integer.toString(controlPort));
        settings.put("SIDECAR_GATEWAY_PORT", Integer.toString(gatewayPort));
        settings.put("SIDECAR_GATEWAY_UPSTREAM", api.url());
        settings.put("SIDECAR_ACCESS_DIRECTORY", home.resolve("access").toString());
        settings.put("SIDECAR_BACKUP_SERVER_HOST", postgres.host());
        settings.put("SIDECAR_BACKUP_SERVER_PORT", Integer.toString(postgres.port()));
        settings.put("SIDECAR_BACKUP_SERVER_USER", postgres.user());
        settings.put("SIDECAR_BACKUP_SERVER_PASSWORD", postgres.password());
        settings.put("SIDECAR_BACKUP_DIRECTORY", home.resolve("backups").toString());
        return ChildProcess.start(
                "the sidecar",
                UnixUser.same(),
                settings,
                this::pass,
                ChildProcess.guardedJar(home, JAR, "-Xmx192m", "-XX:+UseSerialGC"));
    }

    /** Everything but the lines about its own traffic, in which those of a person would drown. */
    private void pass(String line) {
        if (!line.contains("\"user_agent\":\"" + Traffic.USER_AGENT + "\"")) {
            out.accept(line);
        }
    }

    private void awaitLive(ChildProcess sidecar) {
        Awaitility.await("the sidecar is ready and forwards to the sample API")
                .atMost(Duration.ofMinutes(4))
                .pollInterval(Duration.ofMillis(250))
                .until(() -> {
                    sidecar.requireAlive();
                    return Traffic.isAnswering(controlUrl() + "/actuator/health/readiness")
                            && Traffic.isAnswering(gatewayUrl() + "/api/products/1");
                });
    }

    private String controlUrl() {
        return "http://localhost:" + controlPort;
    }

    private String gatewayUrl() {
        return "http://localhost:" + gatewayPort;
    }

    private String welcome() {
        return """

                The sidecar is live.
                  its page     %1$s   (user admin, password in %3$s)
                  its metrics  %1$s/actuator/prometheus
                  the API      %2$s/api/products/1   (the sample API, through the gateway)
                  try          curl -i -H 'X-Request-ID: demo-1' %2$s/api/products/1
                Below: one JSON line per request, without those of the light traffic that runs beside. Ctrl-C ends everything
                and leaves nothing behind.
                """.formatted(controlUrl(), gatewayUrl(), home.resolve("access/admin-password"));
    }

    private synchronized <T extends AutoCloseable> T keep(T part) {
        if (closed) {
            close(part);
            throw new IllegalStateException("Stopped while it was starting.");
        }
        running.push(part);
        return part;
    }

    /** Traffic first, PostgreSQL last: nobody shall see its database go away. */
    @Override
    public synchronized void close() {
        closed = true;
        while (!running.isEmpty()) {
            close(running.pop());
        }
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            System.err.println("While stopping: " + e.getMessage());
        }
    }
}
