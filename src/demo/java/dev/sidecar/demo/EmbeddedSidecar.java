package dev.sidecar.demo;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The program of {@code ./run}: the sidecar as it is packaged, on an embedded default of a throwaway PostgreSQL with real data, the
 * sample API on it, light traffic through the gateway, and, where their programs are here, Prometheus, Alertmanager and exporters, Loki, Alloy and Grafana. It ends with Ctrl-C, in the reverse order, and leaves nothing.
 */
final class EmbeddedSidecar implements AutoCloseable {

    static final String STACK = "demo";
    static final String HOST = "this-machine";
    private static final Path JAR = Path.of("target", "observability-sidecar.jar");

    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private final int controlPort;
    private final int gatewayPort;
    private final int demoPort;
    private final String loginToken = UUID.randomUUID().toString() + UUID.randomUUID();
    private final Progress progress;
    private final Consumer<String> out;
    private final Path home;
    private volatile @Nullable LogCollector collector;
    private boolean closed;

    EmbeddedSidecar(int controlPort, int gatewayPort, int demoPort, Consumer<String> out) {
        this.home = Path.of(
                System.getProperty("java.io.tmpdir"),
                "sidecar-run-" + ProcessHandle.current().pid());
        this.controlPort = controlPort;
        this.gatewayPort = gatewayPort;
        this.demoPort = demoPort;
        this.progress = new Progress(out);
        this.out = out;
    }

    public static void main(String[] args) throws InterruptedException {
        try {
            new EmbeddedSidecar(
                            Break.port("SERVER_PORT", 8080),
                            Break.port("SIDECAR_GATEWAY_PORT", 8000),
                            Break.port(),
                            System.out::println)
                    .run();
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
        }
        System.exit(1);
    }

    private void run() throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "shutdown"));
        try {
            start().waitFor(Duration.ofDays(3650));
            complain(new IllegalStateException("The sidecar has ended by itself."));
        } catch (IllegalStateException e) {
            complain(e);
        }
    }

    /** Failures caused by the stop itself are not reported. */
    private synchronized void complain(IllegalStateException failure) {
        if (!closed) {
            System.err.println(failure.getMessage());
        }
    }

    /** @return the sidecar's process, live */
    ChildProcess start() {
        requireFree("SERVER_PORT", controlPort);
        requireFree("SIDECAR_GATEWAY_PORT", gatewayPort);
        requireFree("SIDECAR_DEMO_PORT", demoPort);
        if (!Files.isRegularFile(JAR)) {
            throw new IllegalStateException(JAR.toAbsolutePath() + " is missing; ./run builds it.");
        }
        Inbox inbox = keep(new Inbox());
        DemoPage page = keep(new DemoPage(demoPort, inbox));
        List<String> missing = Watching.missing();
        OnThePath here = missing.isEmpty() ? OnThePath.look() : OnThePath.NOTHING;
        int dashboardsPort = Break.port("GRAFANA_PORT", 3001);
        if (here.grafana()) {
            requireFree("GRAFANA_PORT", dashboardsPort);
        }
        keep(progress);
        progress.now("starting PostgreSQL and filling it");
        PostgresServer postgres = keep(PostgresServer.startPausable(postgresSettings(here)));
        LogStore logs = here.loki() ? keep(LogStore.start(home)) : null;
        if (logs != null && here.alloy()) {
            collector = keep(LogCollector.start(
                    Programs.find("alloy"), home, "http://" + logs.address(), postgres.logDirectory()));
        }
        postgres.execute("postgres", "CREATE EXTENSION pg_stat_statements");
        SampleDatabase database = SampleDatabase.load(postgres);
        SampleApi api = keep(SampleApi.launch(
                Map.of(
                        "SPRING_DATASOURCE_URL", postgres.jdbcUrl(database.name()),
                        "SPRING_DATASOURCE_USERNAME", database.owner(),
                        "SPRING_DATASOURCE_PASSWORD", database.password()),
                line -> {
                    LogCollector reader = collector;
                    if (reader != null) {
                        reader.accept(line);
                    }
                    pass(line);
                }));
        // While the API starts.
        database.fill();
        progress.done("PostgreSQL with the sample database '%s' (%s)".formatted(database.name(), database.size()));
        Watching watching = missing.isEmpty()
                ? keep(Watching.start(
                        home,
                        controlPort,
                        api.url().replace("http://", ""),
                        postgres,
                        inbox,
                        page.chatUrl(),
                        edge(),
                        logs,
                        collector,
                        here.grafana() ? dashboardsPort : 0))
                : null;
        progress.done(
                watching == null
                        ? "Prometheus, Alertmanager and exporters are left out, as these programs are missing: "
                                + String.join(", ", missing)
                        : "exporters for node, PostgreSQL and probes; Prometheus and Alertmanager with the shipped rules");
        if (!here.started().isEmpty()) {
            progress.done(here.started() + " with the shipped configuration, as on the PATH");
        }
        here.without().forEach(progress::without);
        progress.now("starting the sidecar and the sample API");
        ChildProcess sidecar = keep(sidecar(database, api, watching == null ? Map.of() : watching.settings(inbox)));
        await(sidecar, "the sidecar is ready", controlUrl() + "/actuator/health/readiness");
        progress.done("the console at " + controlUrl());
        await(sidecar, "the sidecar forwards to the sample API", edge());
        progress.done("the sample API behind the gateway");
        if (watching != null) {
            watching.begin();
        }
        Traffic traffic = keep(new Traffic(gatewayUrl()));
        traffic.start();
        page.show(
                new Faults(postgres, traffic, home.resolve("backups")),
                new SidecarReport(
                        controlUrl(),
                        home.resolve("access/admin-password"),
                        watching == null ? null : watching.alertmanagerUrl()));
        progress.close();
        out.accept(welcome(page, watching == null ? null : watching.dashboards()));
        return sidecar;
    }

    private static String[] postgresSettings(OnThePath here) {
        List<String> settings =
                new ArrayList<>(List.of("shared_preload_libraries=pg_stat_statements", "shared_buffers=256MB"));
        if (here.alloy()) {
            // As postgres/postgresql.conf has it. Each hour's file replaces yesterday's.
            settings.addAll(List.of(
                    "logging_collector=on",
                    "log_destination=jsonlog",
                    "log_filename=postgresql-%H.log",
                    "log_rotation_age=1h",
                    "log_truncate_on_rotation=on",
                    "log_timezone=UTC",
                    "log_statement=ddl"));
        }
        return settings.toArray(String[]::new);
    }

    private String edge() {
        return gatewayUrl() + "/api/products/1";
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

    private ChildProcess sidecar(SampleDatabase database, SampleApi api, Map<String, String> watching) {
        PostgresServer postgres = database.server();
        Map<String, String> settings = new HashMap<>(watching);
        settings.put("SIDECAR_STACK", STACK);
        settings.put("SIDECAR_HOST", HOST);
        settings.put("SIDECAR_ACCESS_LOGINLINK", loginToken);
        settings.put("SIDECAR_PROOFS_EDGEURL", edge());
        // At its first drill the database's backup is still being taken.
        settings.put("SPRING_APPLICATION_JSON", "{\"sidecar.proofs.intervals\": {\"BKP-3\": \"1m\"}}");
        settings.put("SERVER_PORT", Integer.toString(controlPort));
        settings.put("SIDECAR_GATEWAY_PORT", Integer.toString(gatewayPort));
        settings.put("SIDECAR_GATEWAY_UPSTREAM", api.url());
        settings.put("SIDECAR_ACCESS_DIRECTORY", home.resolve("access").toString());
        settings.put("SIDECAR_BACKUP_SERVER_HOST", postgres.host());
        settings.put("SIDECAR_BACKUP_SERVER_PORT", Integer.toString(postgres.port()));
        settings.put("SIDECAR_BACKUP_SERVER_USER", "backup");
        settings.put("SIDECAR_BACKUP_SERVER_PASSWORD", backupRole(postgres));
        settings.put("SIDECAR_BACKUP_RESTORE_USER", postgres.user());
        settings.put("SIDECAR_BACKUP_RESTORE_PASSWORD", postgres.password());
        settings.put("SIDECAR_BACKUP_DIRECTORY", home.resolve("backups").toString());
        settings.put("SIDECAR_BACKUP_CHECKS_DIRECTORY", database.checks().toString());
        return ChildProcess.start(
                "the sidecar",
                UnixUser.same(),
                settings,
                this::pass,
                // The second compiler would take half of the start, and what it makes pays only in hours.
                ChildProcess.guardedJar(home, JAR, "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    }

    /** Makes the role that takes backups, as on a server of yours. @return its password */
    private static String backupRole(PostgresServer postgres) {
        String password = UUID.randomUUID().toString();
        postgres.execute("postgres", "CREATE ROLE backup LOGIN PASSWORD '%s'".formatted(password));
        postgres.script("postgres", Path.of("postgres/backup-role.sql"), "role=backup");
        return password;
    }

    /** Everything but the lines about its own traffic and the drills', in which those of a person and the link above would drown. */
    private void pass(String line) {
        if (!line.contains("\"user_agent\":\"" + Traffic.USER_AGENT + "\"")
                && !line.contains("\"user_agent\":\"sidecar [DRILL]\"")) {
            out.accept(line);
        }
    }

    private void await(ChildProcess sidecar, String what, String url) {
        Awaitility.await(what)
                .atMost(Duration.ofMinutes(4))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(250))
                .until(() -> {
                    sidecar.requireAlive();
                    return Traffic.isAnswering(url);
                });
    }

    private String controlUrl() {
        return "http://localhost:" + controlPort;
    }

    private String gatewayUrl() {
        return "http://localhost:" + gatewayPort;
    }

    private String welcome(DemoPage page, @Nullable DashboardServer dashboards) {
        String did = System.getenv("SIDECAR_RUN_DID");
        return """

                The sidecar is live.
                  log in once  %1$s/login/once?token=%6$s
                               (this link works once and for 10 minutes; later: user admin, password in %3$s)
                  break things %4$s   stop the database, slow the API, damage a backup; alerts and mails arrive there
                  the API      %2$s/api/products/1   (the sample API, through the gateway)
                  try          curl -i -H 'X-Request-ID: demo-1' %2$s/api/products/1
                %7$sIt uses %8$s.
                Below: one JSON line per request, without those of the light traffic and the drills that run beside. Ctrl-C ends
                everything and leaves nothing of it behind.
                %5$s""".formatted(
                        controlUrl(),
                        gatewayUrl(),
                        home.resolve("access/admin-password"),
                        page.url(),
                        did == null || did.isBlank() ? "" : "\n" + did.strip() + "\n",
                        loginToken,
                        dashboards == null
                                ? ""
                                : "  dashboards   %s   (user admin, password in %s)%n"
                                        .formatted(dashboards.url(), dashboards.passwordFile()),
                        Cost.ofAll());
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
