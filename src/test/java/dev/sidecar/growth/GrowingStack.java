package dev.sidecar.growth;

import static org.awaitility.Awaitility.await;

import dev.sidecar.SidecarApplication;
import dev.sidecar.hosts.TestHosts;
import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.Programs;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.ShippedNginx;
import dev.sidecar.support.StackExporter;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/**
 * The programs that a growing team loads, as real processes with the shipped configuration: the edge, the gateway and a quick API behind it, the relay,
 * Prometheus with the shipped rules, exporters with a database. Loki, its collector and Grafana are not here.
 */
final class GrowingStack implements AutoCloseable {

    static final String STACK = "growing";
    static final String CENTRE = "centre";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String TOKEN = "token-of-the-metrics";
    private static final int TICKS_PER_SECOND = 100;

    private final Path folder;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final int relayPort = FreePort.get();
    private final int relayMetrics = FreePort.get();
    private final int gatewayMetrics = FreePort.get();
    private final int prometheusPort = FreePort.get();
    private final ChildProcess prometheus;
    private final ChildProcess relay;
    private final ChildProcess gateway;
    private final ShippedNginx edge;

    final PostgresServer postgres;
    final TestHosts hosts;
    final String nodeExporter;
    final String postgresExporter;
    final String redisExporter;
    final AtomicLong lines = new AtomicLong();
    final AtomicLong lineBytes = new AtomicLong();
    final List<String> someLines = new ArrayList<>();

    GrowingStack(Path folder) throws Exception {
        this.folder = folder;
        postgres = PostgresServer.start("shared_preload_libraries=pg_stat_statements");
        started.push(postgres);
        postgres.execute("postgres", "CREATE EXTENSION pg_stat_statements");
        int redis = FreePort.get();
        start(
                "redis-server",
                Map.of(),
                "--port",
                "" + redis,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                folder.toString());
        nodeExporter = exporter("node_exporter", Map.of(), StackExporter.collectors("node-exporter"));
        postgresExporter =
                exporter("postgres_exporter", postgresLogin(), StackExporter.collectors("postgres-exporter"));
        redisExporter = exporter("redis_exporter", Map.of(), "--redis.addr=redis://127.0.0.1:" + redis);
        Path list = Files.createDirectory(folder.resolve("hosts")).resolve("hosts.json");
        hosts = new TestHosts(list, CENTRE);
        int api = api();
        int gatewayPort = FreePort.get();
        gateway = ours(
                "gateway",
                "",
                "--sidecar.gateway.upstream=http://127.0.0.1:" + api,
                "--sidecar.gateway.port=" + gatewayPort,
                "--sidecar.gateway.metrics-port=" + gatewayMetrics,
                "--sidecar.gateway.metrics-token=" + TOKEN);
        edge = new ShippedNginx(
                Files.createDirectory(folder.resolve("edge")),
                gatewayPort,
                // One client plays many; EDGE_REQUESTS_PER_SECOND=0 writes the same.
                Map.of("limits.conf", "limit_conn nobodys_connections 1;\nlimit_req zone=nobodys_requests;\n"));
        started.push(edge);
        prometheus = startPrometheus();
        relay = ours(
                "relay",
                "-Xmx96m -Xmn32m",
                "--sidecar.hosts.list=" + list,
                "--sidecar.relay.port=" + relayPort,
                "--sidecar.relay.metrics-port=" + relayMetrics,
                "--sidecar.relay.metrics-token=" + TOKEN,
                "--sidecar.relay.prometheus-url=" + prometheus());
        for (int port : List.of(gatewayMetrics, relayMetrics)) {
            await("metrics")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> !text(port, "/actuator/prometheus").isEmpty());
        }
    }

    private Map<String, String> postgresLogin() {
        return Map.of(
                "DATA_SOURCE_NAME",
                "postgresql://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable"
                        .formatted(postgres.password(), postgres.port()));
    }

    /** Answers at once, a kilobyte. */
    private int api() throws IOException {
        int port = FreePort.get();
        Path own = Files.createDirectories(folder.resolve("api/www")).getParent();
        Files.writeString(own.resolve("www/product"), "x".repeat(1024));
        Path configuration = Files.writeString(own.resolve("nginx.conf"), """
                daemon off; pid %1$s/pid; error_log stderr; worker_processes 1;
                events { worker_connections 2048; }
                http {
                  access_log off; client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s; keepalive_requests 1000000;
                  server { listen 127.0.0.1:%2$d; location / { root %1$s/www; try_files /product =404; } }
                }
                """.formatted(own, port));
        // The workers of a root give up their rights.
        Programs.run(folder, "chmod", List.of("-R", "a+rX", folder.toString()));
        start("nginx", Map.of(), "-p", own.toString(), "-e", "stderr", "-c", configuration.toString());
        return port;
    }

    private ChildProcess startPrometheus() throws IOException {
        Map<String, String> settings = new HashMap<>();
        settings.put("SIDECAR_STACK", STACK);
        settings.put("SIDECAR_HOST", CENTRE);
        settings.put("PART_RELAY", "on");
        settings.put("WITHOUT", "LOKI,ALLOY,GRAFANA,NGINX");
        settings.put("METRICS_TOKEN", TOKEN);
        settings.put("GATEWAY_TARGET", "127.0.0.1:" + gatewayMetrics);
        settings.put("RELAY_TARGET", "127.0.0.1:" + relayMetrics);
        settings.put("PROMETHEUS_TARGET", "127.0.0.1:" + prometheusPort);
        settings.put("NODE_EXPORTER_TARGET", nodeExporter);
        settings.put("POSTGRES_EXPORTER_TARGET", postgresExporter);
        settings.put("REDIS_EXPORTER_TARGET", redisExporter);
        Path home = Files.createDirectory(folder.resolve("prometheus"));
        Path configuration = RenderedConfig.prometheus(home, settings);
        for (String token : List.of("gateway_metrics_token", "relay_metrics_token")) {
            Files.writeString(home.resolve("secrets").resolve(token), TOKEN);
        }
        ChildProcess process = start(
                "prometheus",
                // As in the compose file.
                Map.of("GOMEMLIMIT", "200MiB", "GOGC", "50"),
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + home.resolve("data"),
                "--storage.tsdb.retention.time=30d",
                "--enable-feature=exemplar-storage",
                "--web.enable-remote-write-receiver",
                "--web.enable-admin-api",
                "--web.listen-address=127.0.0.1:" + prometheusPort,
                "--log.level=error");
        await("Prometheus").atMost(PATIENCE).ignoreExceptions().until(() -> {
            process.requireAlive();
            return text(prometheusPort, "/-/ready").contains("Ready");
        });
        return process;
    }

    /** Prometheus in agent mode with the queue of alloy/satellite.alloy: the first host is a real one. @return its port */
    int agent(String token) throws IOException {
        int port = FreePort.get();
        Path own = Files.createDirectory(folder.resolve("agent"));
        Path configuration =
                Files.writeString(own.resolve("agent.yml"), """
                global: {scrape_interval: 15s}
                scrape_configs:
                  - job_name: node
                    static_configs: [{targets: ['%s']}]
                  - job_name: alloy
                    static_configs: [{targets: ['127.0.0.1:%d']}]
                remote_write:
                  - url: http://127.0.0.1:%d/satellites/metrics
                    authorization: {credentials: %s}
                    write_relabel_configs:
                      - {source_labels: [__name__], regex: 'up|scrape_.+|node_.+|prometheus_remote_storage_.+', action: keep}
                    queue_config: {capacity: 4000, max_samples_per_send: 1000, max_shards: 4, batch_send_deadline: 5s, max_backoff: 30s}
                """.formatted(nodeExporter, port, relayPort, token));
        start(
                "prometheus",
                Map.of(),
                "--agent",
                "--config.file=" + configuration,
                "--storage.agent.path=" + own.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--log.level=error");
        await("agent")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> text(port, "/-/ready").contains("Ready"));
        return port;
    }

    /** A role of ours with the options of the image, but for what this JVM does not know and the cache of classes. */
    private ChildProcess ours(String role, String options, String... settings) throws IOException {
        Matcher image = Pattern.compile("GATEWAY_JVM=\"([^\"]+)\"").matcher(Files.readString(Path.of("Dockerfile")));
        if (!image.find()) {
            throw new IllegalStateException("the Dockerfile has no GATEWAY_JVM");
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+IgnoreUnrecognizedVMOptions"));
        Arrays.stream((image.group(1) + " " + options).strip().split(" "))
                .filter(option -> !option.startsWith("-XX:AOTCache") && !option.startsWith("--enable-native"))
                .forEach(command::add);
        command.addAll(List.of(
                "-cp",
                classpath(),
                SidecarApplication.class.getName(),
                role,
                "--sidecar.stack=" + STACK,
                "--sidecar.host=" + CENTRE));
        command.addAll(List.of(settings));
        ChildProcess process = ChildProcess.start(
                role, UnixUser.same(), Map.of("MALLOC_ARENA_MAX", "1"), line -> count(role, line), command);
        started.push(process);
        return process;
    }

    private static String classpath() {
        return Arrays.stream(System.getProperty("java.class.path").split(":"))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .reduce((one, other) -> one + ":" + other)
                .orElseThrow();
    }

    private void count(String role, String line) {
        if (role.equals("gateway") && line.contains("\"request_id\"")) {
            if (lines.incrementAndGet() <= 20_000) {
                someLines.add(line);
            }
            lineBytes.addAndGet(line.length() + 1);
        }
    }

    private String exporter(String name, Map<String, String> environment, String... arguments) {
        String address = "127.0.0.1:" + FreePort.get();
        String[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "--web.listen-address=" + address;
        start(name, environment, all);
        await(name)
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> !scrape(address).isEmpty());
        return address;
    }

    private ChildProcess start(String program, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Programs.find(program).toString()));
        command.addAll(List.of(arguments));
        ChildProcess process = ChildProcess.start(program, UnixUser.same(), environment, line -> {}, command);
        started.push(process);
        return process;
    }

    URI prometheus() {
        return URI.create("http://127.0.0.1:" + prometheusPort);
    }

    URI relay() {
        return URI.create("http://127.0.0.1:" + relayPort);
    }

    int edgePort() {
        return edge.port();
    }

    Path accessLog() {
        return folder.resolve("edge/access.log");
    }

    String scrape(String address) throws IOException, InterruptedException {
        return text(Integer.parseInt(address.split(":")[1]), "/metrics");
    }

    private String text(int port, String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .header("Authorization", "Bearer " + TOKEN)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** Bytes that are alive in Prometheus' heap, right after it collected its garbage. */
    double liveHeap() throws IOException, InterruptedException {
        http.send(
                HttpRequest.newBuilder(prometheus().resolve("/debug/pprof/heap?gc=1"))
                        .build(),
                HttpResponse.BodyHandlers.discarding());
        return own("go_memstats_heap_alloc_bytes");
    }

    /** Asks Prometheus for a metric of itself now, all series added up. */
    double own(String metric) throws IOException, InterruptedException {
        return sum(text(prometheusPort, "/metrics"), metric);
    }

    double ofRelay(String metric) throws IOException, InterruptedException {
        return sum(text(relayMetrics, "/actuator/prometheus"), metric);
    }

    /** Which of the relay's troubles there were. */
    String troubles() throws IOException, InterruptedException {
        return text(relayMetrics, "/actuator/prometheus")
                .lines()
                .filter(line -> line.startsWith("sidecar_relay_troubles_total") && !line.endsWith(" 0.0"))
                .map(line -> "; " + line.substring(line.indexOf('{')))
                .collect(Collectors.joining());
    }

    /** Seconds of the last run of each group of rules. */
    Map<String, Double> ruleSeconds() throws IOException, InterruptedException {
        return text(prometheusPort, "/metrics")
                .lines()
                .filter(line -> line.startsWith("prometheus_rule_group_last_duration_seconds{"))
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.lastIndexOf(' ')),
                        line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
    }

    /** The exporter with all that it collects if nobody tells it otherwise. @return its address */
    String exporterOfTables() {
        return exporter("postgres_exporter", postgresLogin());
    }

    /** How many series the relay has about a host. */
    long relaySeries(String host) throws IOException, InterruptedException {
        return text(relayMetrics, "/actuator/prometheus")
                .lines()
                .filter(line -> line.contains("satellite=\"" + host + "\""))
                .count();
    }

    /** Has Prometheus write what is in its head as a block. @return the block's folder */
    Path snapshot() throws IOException, InterruptedException {
        String answer = http.send(
                        HttpRequest.newBuilder(prometheus().resolve("/api/v1/admin/tsdb/snapshot"))
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return folder.resolve("prometheus/data/snapshots")
                .resolve(JsonMapper.shared()
                        .readTree(answer)
                        .path("data")
                        .path("name")
                        .asString());
    }

    String prometheusVersion() {
        return PrometheusServer.get(prometheus(), "/api/v1/status/buildinfo", Map.of())
                .path("version")
                .asString();
    }

    static double sum(String text, String metric) {
        return text.lines()
                .filter(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Processor seconds so far, by process. */
    Map<String, Double> processorSeconds() {
        Map<String, Double> seconds = new HashMap<>();
        seconds.put("prometheus", ofProcess(prometheus.pid()));
        seconds.put("relay", ofProcess(relay.pid()));
        seconds.put("gateway", ofProcess(gateway.pid()));
        seconds.put("edge", ofEdge());
        return seconds;
    }

    private double ofEdge() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.parent().map(this::isEdge).orElse(false))
                .mapToDouble(process -> ofProcess(process.pid()))
                .sum();
    }

    private boolean isEdge(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                    .contains(folder.resolve("edge").toString());
        } catch (IOException e) {
            return false;
        }
    }

    private static double ofProcess(long pid) {
        try {
            String[] fields = Files.readString(Path.of("/proc/" + pid + "/stat"))
                    .replaceFirst("^.*\\) ", "")
                    .split(" ");
            return (Double.parseDouble(fields[11]) + Double.parseDouble(fields[12])) / TICKS_PER_SECOND;
        } catch (IOException e) {
            throw new IllegalStateException("a process is gone", e);
        }
    }

    double residentMib(String process) throws IOException {
        long pid = (process.equals("prometheus") ? prometheus : process.equals("relay") ? relay : gateway).pid();
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                .sum();
    }

    @Override
    public void close() throws Exception {
        while (!started.isEmpty()) {
            started.pop().close();
        }
    }
}
