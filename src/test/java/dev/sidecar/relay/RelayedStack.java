package dev.sidecar.relay;

import static org.awaitility.Awaitility.await;

import dev.sidecar.hosts.TestHosts;
import dev.sidecar.preflight.satellites.Pushes;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.GatewayJar;
import dev.sidecar.support.Programs;
import dev.sidecar.support.PrometheusServer;
import dev.sidecar.support.ShippedNginx;
import dev.sidecar.support.TestCertificate;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The centre as satellites meet it: nginx with TLS, the relay as a process, Prometheus with its receiver; and satellites' own programs. */
final class RelayedStack implements AutoCloseable {

    static final String STACK = "staging";
    static final String CENTRE = "centre";
    static final int SERIES = 600;
    static final Duration PATIENCE = Duration.ofMinutes(2);
    /** When a series that stopped is gone; five minutes in life. */
    private static final String LOOK_BACK = "--query.lookback-delta=30s";

    private static final String METRICS_TOKEN = "token-of-the-relays-metrics";

    private final Path folder;
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final int metricsPort = FreePort.get();
    private final int relayPort = FreePort.get();
    private final int tlsPort = FreePort.get();
    private final int prometheusPort = FreePort.get();
    private final Path config;
    private final HttpClient http;
    private final ShippedNginx nginx;
    private PrometheusServer prometheus;

    /** The relay's log. */
    final List<String> logged = new CopyOnWriteArrayList<>();

    final TestHosts hosts;
    final Path list;
    final Path authority;

    /** @param loki base of an address that stands for Loki's */
    RelayedStack(Path folder, String loki) throws Exception {
        this.folder = folder;
        list = Files.createDirectory(folder.resolve("hosts")).resolve("hosts.json");
        hosts = new TestHosts(list, CENTRE);
        TestCertificate certificate =
                TestCertificate.make(folder, "EC", Instant.now().minusSeconds(60), Duration.ofDays(90));
        authority = Files.writeString(folder.resolve("authority.pem"), certificate.certificate());
        http = client(authority);
        config = Files.writeString(
                Files.createDirectory(folder.resolve("prometheus")).resolve("prometheus.yml"),
                """
                        global: {scrape_interval: 1s, evaluation_interval: 1s}
                        storage: {tsdb: {out_of_order_time_window: 2h}}
                        rule_files: [rules/*.yml]
                        scrape_configs:
                          - job_name: relay
                            metrics_path: /actuator/prometheus
                            authorization: {credentials: %s}
                            static_configs:
                              - targets: ['127.0.0.1:%d']
                                labels: {stack: %s, host: %s, service: relay, role: infra}
                        """.formatted(METRICS_TOKEN, metricsPort, STACK, CENTRE));
        hurriedRules(Files.createDirectory(folder.resolve("prometheus/rules")));
        prometheus = PrometheusServer.receiving(config, prometheusPort, LOOK_BACK);
        startRelay(loki);
        Path edge = Files.createDirectory(folder.resolve("edge"));
        Map<Path, Optional<String>> written = new Pushes(
                        name -> name.equals(Pushes.SWITCH) ? Optional.of("1") : Optional.empty(),
                        file -> Optional.empty(),
                        Path.of("/"))
                .files();
        nginx = new ShippedNginx(
                edge,
                FreePort.get(),
                Map.of(
                        "tls.crt", certificate.certificate(),
                        "tls.key", certificate.key(),
                        "tls.conf",
                                "listen 127.0.0.1:%d ssl;\nssl_certificate %2$s/tls.crt;\nssl_certificate_key %2$s/tls.key;\n"
                                        .formatted(tlsPort, edge.resolve("secrets")),
                        "satellites.zones",
                                written.get(Path.of("/nginx/satellites.zones")).orElseThrow(),
                        "satellites.conf",
                                written.get(Path.of("/nginx/satellites.conf"))
                                        .orElseThrow()
                                        .replace("relay:8002", "127.0.0.1:" + relayPort)));
        started.push(nginx);
    }

    /** The rules that watch a host, with waits of seconds: five minutes of silence are ten seconds. */
    private static void hurriedRules(Path into) throws IOException {
        for (String file :
                List.of("satellites.yml", "host.yml", "services.yml", "requests.yml", "redis.yml", "postgres.yml")) {
            Files.writeString(
                    into.resolve(file),
                    Files.readString(Path.of("prometheus/rules").resolve(file))
                            .replaceAll("(?m)^( +(for|keep_firing_for)): \\d+[mh]$", "$1: 3s")
                            .replace(") > 60", ") > 7"));
        }
    }

    private void startRelay(String loki) throws IOException, InterruptedException {
        List<String> command = GatewayJar.command(folder, "-Xmx96m", "-XX:+ExitOnOutOfMemoryError");
        command.addAll(List.of(
                "relay",
                "--sidecar.stack=" + STACK,
                "--sidecar.host=" + CENTRE,
                "--sidecar.hosts.list=" + list,
                "--sidecar.relay.port=" + relayPort,
                "--sidecar.relay.metrics-port=" + metricsPort,
                "--sidecar.relay.series-per-host=" + SERIES,
                "--sidecar.relay.prometheus-url=" + prometheus.address(),
                "--sidecar.relay.loki-url=" + loki,
                "--sidecar.relay.loki-tenant=team-a"));
        ChildProcess relay = ChildProcess.start(
                "relay", UnixUser.same(), Map.of("SIDECAR_RELAY_METRICSTOKEN", METRICS_TOKEN), logged::add, command);
        started.push(relay);
        await("relay")
                .atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    relay.requireAlive();
                    return !metrics().isEmpty();
                });
    }

    private static HttpClient client(Path authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var in = Files.newInputStream(authority)) {
            trusted.setCertificateEntry(
                    "edge", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context)
                .build();
    }

    String edge() {
        return "https://127.0.0.1:" + tlsPort;
    }

    int plainPort() {
        return nginx.port();
    }

    PrometheusServer prometheus() {
        return prometheus;
    }

    void stopPrometheus() {
        prometheus.close();
    }

    void startPrometheusAgain() {
        prometheus = PrometheusServer.receiving(config, prometheusPort, LOOK_BACK);
    }

    /** Pushes by hand. */
    HttpResponse<String> push(String base, String path, String token, String encoding, byte[] body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/x-protobuf")
                .header("Content-Encoding", encoding)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> push(String token, Samples samples, String... headers)
            throws IOException, InterruptedException {
        return push(edge(), "/satellites/metrics", token, "snappy", SnappyBlock.encode(samples.bytes()), headers);
    }

    /** How often a trouble of a host was counted. */
    double troubles(String host, Trouble trouble) throws IOException, InterruptedException {
        return metric("sidecar_relay_troubles_total{reason=\"%s\",satellite=\"%s\"}".formatted(trouble.label(), host));
    }

    double metric(String series) throws IOException, InterruptedException {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    String metrics() throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metricsPort + "/actuator/prometheus"))
                                .header("Authorization", "Bearer " + METRICS_TOKEN)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** Prometheus in agent mode, as a satellite would run it. @param scrapes its scrape_configs */
    ChildProcess agent(String name, String token, String scrapes) throws IOException {
        Path own = Files.createDirectories(folder.resolve("agent-" + name));
        Path agent = Files.writeString(
                own.resolve("agent.yml"), """
                global:
                  scrape_interval: 1s
                  # It lies about who it is.
                  external_labels: {host: %s, stack: other, role: app}
                scrape_configs:
                %s
                remote_write:
                  - url: %s/satellites/metrics
                    authorization: {credentials: %s}
                    tls_config: {ca_file: %s}
                    queue_config: {batch_send_deadline: 1s, min_backoff: 100ms, max_backoff: 1s}
                """.formatted(CENTRE, scrapes.indent(2), edge(), token, authority));
        ChildProcess process = ChildProcess.start(
                "agent of " + name,
                UnixUser.same(),
                Map.of(),
                line -> {},
                List.of(
                        Programs.find("prometheus").toString(),
                        "--agent",
                        "--config.file=" + agent,
                        "--storage.agent.path=" + own.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + FreePort.get(),
                        "--log.level=error"));
        started.push(process);
        return process;
    }

    /** A real node exporter. @return its address */
    String nodeExporter() {
        String address = "127.0.0.1:" + FreePort.get();
        started.push(ChildProcess.start(
                "node exporter",
                UnixUser.same(),
                Map.of(),
                line -> {},
                List.of(
                        Programs.find("node_exporter").toString(),
                        "--web.listen-address=" + address,
                        "--collector.disable-defaults",
                        "--collector.meminfo",
                        "--collector.time",
                        "--log.level=error")));
        return address;
    }

    @Override
    public void close() throws Exception {
        while (!started.isEmpty()) {
            started.pop().close();
        }
        prometheus.close();
    }
}
