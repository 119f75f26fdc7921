package dev.sidecar.proofs;

import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.SidecarApplication;
import dev.sidecar.alerts.AlertmanagerServer;
import dev.sidecar.alerts.Drills;
import dev.sidecar.alerts.Hurried;
import dev.sidecar.alerts.Outside;
import dev.sidecar.alerts.Receipts;
import dev.sidecar.backup.BackupTasks;
import dev.sidecar.backup.BackupTasks.State;
import dev.sidecar.backup.BackupTasks.Task;
import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.Programs;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.StackExporter;
import dev.sidecar.support.TestCertificate;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.StandardEnvironment;

/**
 * A world in which every proof can hold: the whole sidecar with its gateway; real PostgreSQL, Redis, nginx and their exporters;
 * Prometheus and Alertmanager with the committed configuration, hurried. Loki and Grafana are played, the other pages of metrics are
 * made of the contracts.
 */
final class ProvenWorld implements AutoCloseable {

    private static final int HURRY = 15;
    private static final String STACK = "drill";
    private static final String PASSWORD = "of-the-proven-world";

    /** Read by the environment while it is being made, so it cannot be a field of it. */
    private static final Map<String, Object> VARIABLES = new HashMap<>();

    final LokiStandIn loki;
    final GrafanaStandIn grafana;
    final Outside outside = new Outside();
    final PostgresServer postgres;

    private final Path folder;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final Map<String, ChildProcess> processes = new HashMap<>();
    private final Map<String, Runnable> starts = new HashMap<>();
    private final ExecutorService drillers = Executors.newFixedThreadPool(4);
    private final HttpClient http = HttpClient.newHttpClient();
    private final int redisPort = FreePort.get();
    private final int tlsPort = FreePort.get();
    private final int nginxPort = FreePort.get();
    private final int gatewayPort = FreePort.get();
    private final AlertmanagerServer alertmanager;
    private final PrometheusServer prometheus;
    private final ConfigurableApplicationContext sidecar;
    private volatile boolean closed;

    ProvenWorld(Path folder) throws Exception {
        this.folder = folder;
        postgres = startPostgres();
        loki = open(new LokiStandIn(
                "compactor:\n  retention_enabled: true\nlimits_config:\n  retention_period: 360h\n",
                ContractPage.of("loki")));
        Thread collector = new Thread(this::collect, "collector");
        collector.setDaemon(true);
        collector.start();
        int sidecarPort = FreePort.get();
        int prometheusPort = FreePort.get();
        Map<String, String> targets = startWatched();
        alertmanager = open(AlertmanagerServer.start(
                Files.createDirectory(folder.resolve("alertmanager")),
                Map.of("SIDECAR_URL", "http://127.0.0.1:" + sidecarPort, "SLACK_WEBHOOK_URL", outside.url("/slack")),
                HURRY));
        grafana = open(new GrafanaStandIn(
                PASSWORD,
                new TreeMap<>(Map.of(
                        "Prometheus", URI.create("http://127.0.0.1:" + prometheusPort + "/-/healthy"),
                        "Loki", URI.create(loki.url() + "/ready"),
                        "Alertmanager", URI.create("http://" + alertmanager.hostAndPort() + "/-/healthy")))));
        // Before it there is nobody to take an alert, and one that is not taken is counted for an hour.
        sidecar = open(startSidecar(sidecarPort, prometheusPort));
        prometheus = open(startPrometheus(targets, sidecarPort, prometheusPort));
        // The exporter tells of keys only where there are some; PostgreSQL before 17 has no view of checkpoints to
        // show.
        redisCommand("SET key value");
        grafana.hide("postgres");
        // Two of each, so that a damaged one leaves one that counts.
        take();
        take();
    }

    private <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }

    private PostgresServer startPostgres() {
        PostgresServer server = open(PostgresServer.start(
                "shared_preload_libraries=pg_stat_statements",
                "log_statement=ddl",
                "logging_collector=on",
                "log_filename=all.log",
                "log_file_mode=0644"));
        server.execute(
                "postgres",
                "CREATE EXTENSION pg_stat_statements",
                "CREATE ROLE keeper SUPERUSER LOGIN PASSWORD '" + PASSWORD + "'",
                "CREATE ROLE saver LOGIN PASSWORD '" + PASSWORD + "'",
                "CREATE DATABASE shop");
        server.script("postgres", Path.of("postgres/backup-role.sql"), "role=saver");
        server.execute(
                "shop",
                "CREATE TABLE orders (id serial PRIMARY KEY, note text)",
                "INSERT INTO orders (note) SELECT repeat('order ', 40) || i FROM generate_series(1, 10000) i");
        return server;
    }

    /** Brings PostgreSQL's log to Loki, as the stack's collector does. */
    private void collect() {
        Path log = postgres.socketDirectory().resolve("data/log/all.log");
        long read = 0;
        while (!closed) {
            try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
                file.seek(read);
                byte[] more = new byte[(int) (file.length() - read)];
                file.readFully(more);
                read += more.length;
                new String(more, StandardCharsets.UTF_8)
                        .lines()
                        .forEach(line -> loki.add(
                                nanos(Instant.now()),
                                Map.of(
                                        "stack",
                                        STACK,
                                        "host",
                                        "h1",
                                        "service",
                                        "postgres",
                                        "source",
                                        "postgres",
                                        "level",
                                        "info"),
                                line));
                Thread.sleep(200);
            } catch (IOException e) {
                // The server is on its way up or down.
                Thread.yield();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static long nanos(Instant moment) {
        return moment.getEpochSecond() * 1_000_000_000L + moment.getNano();
    }

    private Map<String, String> startWatched() throws Exception {
        define(
                "redis",
                Map.of(),
                "redis-server",
                "--port",
                "" + redisPort,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--maxmemory",
                "20mb",
                "--requirepass",
                PASSWORD,
                "--user",
                "monitor",
                "on",
                ">" + PASSWORD,
                "~*",
                "&*",
                "+@all",
                "--dir",
                folder.toString());
        certificate(Duration.ofDays(90));
        Path nginx = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log stderr; worker_processes 1;
                events {}
                http {
                  access_log off; client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  server {
                    listen 127.0.0.1:%2$d; listen 127.0.0.1:%3$d ssl;
                    ssl_certificate %1$s/tls.crt; ssl_certificate_key %1$s/tls.key;
                    location /stub_status { stub_status; }
                    location = /answers/401 { return 401; } location = /answers/403 { return 403; } location = /answers/429 { return 429; }
                    location / { return 200 ok; }
                  }
                }
                """.formatted(folder, nginxPort, tlsPort));
        define("nginx", Map.of(), "nginx", "-p", folder.toString(), "-e", "stderr", "-c", nginx.toString());
        Files.writeString(
                Files.createDirectories(folder.resolve("prometheus/targets")).resolve("blackbox.json"),
                """
                [{"targets": ["http://127.0.0.1:%d/"], "labels": {"service": "api", "module": "http_2xx"}},
                 {"targets": ["127.0.0.1:%d"], "labels": {"service": "nginx", "module": "tls"}}]
                """.formatted(nginxPort, tlsPort));
        Map<String, String> targets = new HashMap<>();
        targets.put(
                "POSTGRES_EXPORTER_TARGET",
                exporter(
                        "postgres_exporter",
                        Map.of(
                                "DATA_SOURCE_NAME",
                                "postgresql://keeper:%s@127.0.0.1:%d/postgres?sslmode=disable&connect_timeout=5"
                                        .formatted(PASSWORD, postgres.port())),
                        StackExporter.collectors("postgres-exporter")));
        targets.put(
                "REDIS_EXPORTER_TARGET",
                exporter(
                        "redis_exporter",
                        Map.of("REDIS_PASSWORD", PASSWORD, "REDIS_USER", "monitor"),
                        "--redis.addr=redis://127.0.0.1:" + redisPort));
        targets.put(
                "NODE_EXPORTER_TARGET", exporter("node_exporter", Map.of(), StackExporter.collectors("node-exporter")));
        targets.put(
                "NGINX_EXPORTER_TARGET",
                exporter(
                        "nginx-prometheus-exporter",
                        Map.of(),
                        "--nginx.scrape-uri=http://127.0.0.1:" + nginxPort + "/stub_status"));
        targets.put(
                "BLACKBOX_EXPORTER_TARGET",
                exporter(
                        "blackbox_exporter",
                        Map.of(),
                        "--config.file=" + Path.of("prometheus/blackbox.yml").toAbsolutePath()));
        targets.put("API_METRICS_TARGET", page(ContractPage.of("api")));
        targets.put("ALLOY_TARGET", page(ContractPage.of("alloy")));
        return targets;
    }

    private String exporter(String name, Map<String, String> environment, String... arguments) {
        String address = "127.0.0.1:" + FreePort.get();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--web.listen-address=" + address);
        define(name, environment, name, all.toArray(String[]::new));
        return address;
    }

    private void define(String name, Map<String, String> environment, String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Programs.find(program).toString()));
        command.addAll(List.of(arguments));
        starts.put(
                name,
                () -> processes.put(name, ChildProcess.start(name, UnixUser.same(), environment, line -> {}, command)));
        start(name);
    }

    void start(String process) {
        starts.get(process).run();
    }

    void stop(String process) {
        processes.remove(process).close();
    }

    /** The one that nginx presents from its next start on. */
    void certificate(Duration valid) throws Exception {
        TestCertificate made = TestCertificate.make(folder, "EC", Instant.now().minusSeconds(60), valid);
        Files.writeString(folder.resolve("tls.crt"), made.certificate());
        Files.writeString(folder.resolve("tls.key"), made.key());
    }

    private String page(String text) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        open(() -> server.stop(0));
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private PrometheusServer startPrometheus(Map<String, String> targets, int sidecarPort, int port)
            throws IOException {
        Map<String, String> settings = new HashMap<>(targets);
        settings.put("SIDECAR_STACK", STACK);
        settings.put("SIDECAR_TARGET", "127.0.0.1:" + sidecarPort);
        settings.put("PROMETHEUS_TARGET", "127.0.0.1:" + port);
        settings.put("ALERTMANAGER_TARGET", alertmanager.hostAndPort());
        settings.put("LOKI_TARGET", loki.hostAndPort());
        settings.put("GRAFANA_TARGET", grafana.hostAndPort());
        Path config = RenderedConfig.prometheus(folder.resolve("prometheus"), settings);
        Hurried.prometheus(config, HURRY);
        return PrometheusServer.start(config, port);
    }

    private ConfigurableApplicationContext startSidecar(int port, int prometheusPort) throws IOException {
        Path password = Files.writeString(folder.resolve("admin-password"), PASSWORD);
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        VARIABLES.putAll(System.getenv());
        VARIABLES.put("SIDECAR_ACCESS_ADMIN_PASSWORD_FILE", password.toString());
        isolation(false);
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("server.port", port);
        settings.put("sidecar.stack", STACK);
        settings.put("sidecar.host", "h1");
        settings.put("sidecar.logs.loki-url", loki.url());
        settings.put("sidecar.access.directory", folder.resolve("access"));
        settings.put("sidecar.access.webhook-token", "token-of-the-sidecar");
        settings.put("sidecar.access.metrics-token", "token-of-prometheus");
        settings.put("sidecar.gateway.upstream", "http://127.0.0.1:" + nginxPort);
        settings.put("sidecar.gateway.port", gatewayPort);
        settings.put("sidecar.alerts.alertmanager-url", "http://" + alertmanager.hostAndPort());
        settings.put("sidecar.alerts.watchdog-limit", "2m");
        settings.put("sidecar.backup.server.host", postgres.host());
        settings.put("sidecar.backup.server.port", postgres.port());
        settings.put("sidecar.backup.server.user", "saver");
        settings.put("sidecar.backup.server.password", PASSWORD);
        settings.put("sidecar.backup.server.databases", "shop");
        settings.put("sidecar.backup.slots.daily.cron", "-");
        settings.put("sidecar.backup.slots.weekly.cron", "-");
        settings.put("sidecar.backup.directory", folder.resolve("backups"));
        Files.writeString(
                Files.createDirectories(checks().resolve("shop")).resolve("orders.sql"),
                "-- at least: 10000\nSELECT count(*) FROM orders;\n");
        settings.put("sidecar.backup.checks.directory", checks());
        settings.put("sidecar.rules.prometheus-url", "http://127.0.0.1:" + prometheusPort);
        settings.put(
                "sidecar.rules.expected-targets",
                "sidecar,api,postgres,redis,node,nginx,blackbox,prometheus,alertmanager,loki,alloy,grafana");
        settings.put("sidecar.rules.born-at-first-event", bornAtFirstEvent());
        settings.put("sidecar.dashboards.grafana-url", grafana.url());
        settings.put("sidecar.dashboards.password", PASSWORD);
        settings.put("sidecar.proofs.edge-url", "http://127.0.0.1:" + gatewayPort + "/orders/1");
        settings.put("sidecar.proofs.starting-for", "0s");
        settings.put("sidecar.proofs.crossed", "sidecar");
        settings.put("sidecar.proofs.log-sources.sidecar", "5m");
        settings.put("sidecar.proofs.log-sources.postgres", "15m");
        settings.put("sidecar.proofs.retention", "15d");
        settings.put("sidecar.proofs.redis", "127.0.0.1:" + redisPort);
        settings.put("sidecar.proofs.preflight-report", folder.resolve("preflight.json"));
        settings.put("sidecar.proofs.route-drills-per-day", 100_000);
        settings.put("sidecar.proofs.route-drills-every", "0s");
        settings.put("sidecar.proofs.memory-budget", "100GB");
        settings.put("sidecar.proofs.cpu-budget", 10_000);
        settings.put("sidecar.proofs.cpu-window", "20s");
        SpringApplication application = new SpringApplication(SidecarApplication.class);
        application.setEnvironment(new StandardEnvironment() {
            @Override
            public Map<String, Object> getSystemEnvironment() {
                return VARIABLES;
            }
        });
        return application.run(settings.entrySet().stream()
                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                .toArray(String[]::new));
    }

    private static String bornAtFirstEvent() throws IOException {
        // Redis before 7.2 does not count refused logins, and sessions without a name have no label that says so.
        String olderPrograms = ",redis_acl_access_denied_auth_total,pg_stat_activity_max_tx_duration";
        try (Stream<String> lines = Files.lines(Path.of("prometheus/contracts/born-at-first-event.txt"))) {
            return lines.filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .collect(Collectors.joining(",", "", olderPrograms));
        }
    }

    /** A user's request, which the API answers with this status. */
    void request(int status) throws IOException, InterruptedException {
        URI address = URI.create("http://127.0.0.1:" + gatewayPort + "/answers/" + status);
        http.send(HttpRequest.newBuilder(address).build(), BodyHandlers.discarding());
    }

    PrometheusServer prometheus() {
        return prometheus;
    }

    /** The operator's own checks of backups. */
    Path checks() {
        return folder.resolve("checks");
    }

    private void take() {
        BackupTasks tasks = sidecar.getBean(BackupTasks.class);
        Task task = tasks.take("shop", true);
        await("backup")
                .atMost(Duration.ofMinutes(3))
                .until(() -> tasks.find(task.id()).orElseThrow().state() == State.DONE);
    }

    /** Runs every proof but those that take minutes. @return what did not hold, by id, with the verdict and its evidence */
    Map<String, Drill> withoutSlow() {
        return drilled(List.of("ALR-4", "ALR-5"), List.of());
    }

    double value(String query) {
        return sidecar.getBean(dev.sidecar.prometheus.Prometheus.class)
                .value(query)
                .orElseThrow();
    }

    dev.sidecar.prometheus.Prometheus prometheusClient() {
        return sidecar.getBean(dev.sidecar.prometheus.Prometheus.class);
    }

    Drills drills() {
        return sidecar.getBean(Drills.class);
    }

    /** How many marked alerts have reached somebody. */
    int delivered() {
        return (int) sidecar.getBean(Receipts.class).deliveries().stream()
                .filter(delivery -> delivery.has("drill", "true"))
                .count();
    }

    /** Runs certain proofs. */
    Map<String, Drill> only(String... ids) {
        return drilled(List.of(), List.of(ids));
    }

    Map<String, Drill> all() {
        return drilled(List.of(), List.of());
    }

    private Map<String, Drill> drilled(List<String> without, List<String> only) {
        Proofs proofs = sidecar.getBean(Proofs.class);
        Map<String, Future<Drill>> running = new TreeMap<>();
        sidecar.getBeansOfType(Proof.class).values().forEach(proof -> {
            String id = proof.claim().id();
            if (!without.contains(id) && (only.isEmpty() || only.contains(id))) {
                running.put(id, drillers.submit(() -> proofs.drill(proof)));
            }
        });
        Map<String, Drill> ended = new TreeMap<>();
        running.forEach((id, drill) -> {
            try {
                ended.put(id, drill.get());
            } catch (Exception e) {
                throw new IllegalStateException(id, e);
            }
        });
        return ended;
    }

    Path newestDump() {
        try (Stream<Path> files = Files.walk(folder.resolve("backups"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("database.dump"))
                    .max(java.util.Comparator.comparing(
                            file -> file.getParent().getFileName().toString()))
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path secretFile() {
        return folder.resolve("admin-password");
    }

    Path slackAddress() {
        return folder.resolve("alertmanager/secrets/slack_webhook_url");
    }

    /** Another rule for Prometheus, or none of it again. */
    void plantRule(String rule) throws IOException {
        Path file = folder.resolve("prometheus/rules/planted.yml");
        if (rule.isEmpty()) {
            Files.delete(file);
        } else {
            Files.writeString(file, rule);
        }
        send(HttpRequest.newBuilder(prometheus.address().resolve("/-/reload")).POST(BodyPublishers.noBody()));
    }

    /** Preflight says this of the stack: two services, of which one may be root and mighty. */
    void isolation(boolean mightyRoot) throws IOException {
        String service = """
                {"service": "%s", "image": "x:1.2", "user": "%s", "root": %s, "weaknesses": [%s]}""";
        Files.writeString(
                folder.resolve("preflight.json"),
                "{\"services\": [%s, %s]}"
                        .formatted(
                                service.formatted("api", "10:10", false, ""),
                                service.formatted(
                                        "alloy", "0:0", true, mightyRoot ? "\"keeps Docker's capabilities\"" : "")));
    }

    void sqlAsKeeper(String sql) throws Exception {
        try (var connection = java.sql.DriverManager.getConnection(postgres.jdbcUrl("postgres"), "keeper", PASSWORD);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The password of Redis' default user; that of the exporter stays. */
    void redisPassword(String password) throws IOException {
        redisCommand("CONFIG SET requirepass " + password);
    }

    private void redisCommand(String command) throws IOException {
        try (var socket = new java.net.Socket("127.0.0.1", redisPort)) {
            String commands = "AUTH monitor %s\r\n%s\r\n".formatted(PASSWORD, command);
            socket.getOutputStream().write(commands.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readNBytes(10), StandardCharsets.US_ASCII);
            if (!answer.equals("+OK\r\n+OK\r\n")) {
                throw new IllegalStateException("Redis: " + answer);
            }
        }
    }

    String console() {
        return "http://localhost:" + sidecar.getEnvironment().getProperty("local.server.port");
    }

    /** Of one that went through the gateway and left a line. */
    String requestId() {
        return only("LOG-5").get("LOG-5").finding().evidence().split(" ")[1];
    }

    static String ownPassword() {
        return PASSWORD;
    }

    /** Silences an alert in Alertmanager. @return how to end that */
    AutoCloseable silence(String alertname) throws IOException {
        String body = """
                {"matchers": [{"name": "alertname", "value": "%s", "isRegex": false, "isEqual": true}],
                 "startsAt": "%s", "endsAt": "%s", "createdBy": "test", "comment": "planted"}""".formatted(alertname, Instant.now(), Instant.now().plusSeconds(3600));
        String id = send(HttpRequest.newBuilder(URI.create("http://" + alertmanager.hostAndPort() + "/api/v2/silences"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body)))
                .replaceAll(".*\"silenceID\":\"([^\"]*)\".*", "$1")
                .strip();
        return () -> send(
                HttpRequest.newBuilder(URI.create("http://" + alertmanager.hostAndPort() + "/api/v2/silence/" + id))
                        .DELETE());
    }

    private String send(HttpRequest.Builder request) throws IOException {
        try {
            var answer = http.send(request.build(), BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(answer.statusCode() + " " + answer.body());
            }
            return answer.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws Exception {
        closed = true;
        drillers.shutdownNow();
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        processes.values().forEach(ChildProcess::close);
        outside.close();
    }
}
