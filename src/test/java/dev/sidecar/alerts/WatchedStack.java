package dev.sidecar.alerts;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
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
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A small stack of real programs to break on purpose: PostgreSQL, Redis, nginx, their exporters, Prometheus and Alertmanager with
 * the committed configuration, hurried, and the sidecar with its gateway and its backups. Played are the API behind the gateway and
 * the end of Alertmanager's hooks, so that what is told can be read.
 */
final class WatchedStack implements AutoCloseable {

    /** The rules' minutes become four seconds. */
    static final int HURRY = 15;

    private static final String PASSWORD = "of-the-drill";

    final Outside outside = new Outside();
    final GreenMail mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    final int redisPort = FreePort.get();
    final int nginxPort = FreePort.get();

    private final Path directory;
    private final Map<String, ChildProcess> processes = new HashMap<>();
    private final Map<String, Runnable> starts = new HashMap<>();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private Relay postgresAddress;
    private PostgresServer postgres;
    private AlertmanagerServer alertmanager;
    private PrometheusServer prometheus;
    private WatchedSidecar sidecar;
    private volatile boolean apiIsBroken;

    WatchedStack(Path directory) throws Exception {
        this.directory = directory;
        mail.start();
        // Loki, Alloy and Grafana are there, and say nothing.
        outside.answer(
                "/metrics",
                request -> new Outside.Answer(200, Map.of("Content-Type", "text/plain; version=0.0.4"), ""));
        startPostgres();
        outside.answer("/ready", request -> new Outside.Answer(isReady() ? 200 : 503, Map.of(), ""));
        startServices();
        Map<String, String> targets = startExporters();
        sidecar = new WatchedSidecar(
                Files.createDirectory(directory.resolve("sidecar")), postgresAddress.port(), PASSWORD);
        opened.push(sidecar);
        targets.put("SIDECAR_TARGET", sidecar.hostAndPort());
        alertmanager =
                AlertmanagerServer.start(Files.createDirectory(directory.resolve("alertmanager")), receivers(), HURRY);
        opened.push(alertmanager);
        startPrometheus(targets);
    }

    WatchedSidecar sidecar() {
        return sidecar;
    }

    PostgresServer postgres() {
        return postgres;
    }

    PrometheusServer prometheus() {
        return prometheus;
    }

    Path alertmanagerConfig() {
        return directory.resolve("alertmanager/alertmanager.yml");
    }

    int reloadAlertmanager() {
        return alertmanager.reload();
    }

    void startPostgres() {
        postgres = PostgresServer.start(
                "shared_preload_libraries=pg_stat_statements", "max_connections=20", "deadlock_timeout=100ms");
        postgres.execute(
                "postgres",
                "CREATE EXTENSION pg_stat_statements",
                "ALTER ROLE postgres PASSWORD '" + PASSWORD + "'",
                "CREATE DATABASE app");
        if (postgresAddress == null) {
            postgresAddress = new Relay(postgres.port());
        } else {
            postgresAddress.leadTo(postgres.port());
        }
    }

    void stopPostgres() {
        postgresAddress.close();
        postgres.close();
    }

    /** The password after {@link #startPostgres()}; the server's own does not count any more. */
    String postgresUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres&password=%s"
                .formatted(postgres.port(), database, PASSWORD);
    }

    /** What is probed says from now on whether the API is ready: it needs the database, and here also that it is not broken. */
    void breakApi(boolean isBroken) {
        apiIsBroken = isBroken;
    }

    private boolean isReady() {
        try (Socket database = new Socket("127.0.0.1", postgresAddress.port())) {
            return !apiIsBroken && database.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    void stop(String process) {
        processes.remove(process).close();
    }

    void start(String process) {
        starts.get(process).run();
    }

    private void startServices() throws IOException {
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
                "--dir",
                directory.toString());
        TestCertificate expired = TestCertificate.expired(directory);
        Files.writeString(directory.resolve("tls.crt"), expired.certificate());
        Files.writeString(directory.resolve("tls.key"), expired.key());
        int tlsPort = FreePort.get();
        Path nginx = Files.writeString(
                directory.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log stderr; worker_processes 1;
                events {}
                http {
                  access_log off; client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  server {
                    listen 127.0.0.1:%2$d; listen 127.0.0.1:%3$d ssl;
                    ssl_certificate %1$s/tls.crt; ssl_certificate_key %1$s/tls.key;
                    location /stub_status { stub_status; }
                    location / { proxy_pass http://%4$s/ready; }
                  }
                }
                """.formatted(directory, nginxPort, tlsPort, outside.hostAndPort()));
        define("nginx", Map.of(), "nginx", "-p", directory.toString(), "-e", "stderr", "-c", nginx.toString());
        Files.writeString(
                Files.createDirectories(directory.resolve("prometheus/targets")).resolve("blackbox.json"),
                """
                [{"targets": ["http://127.0.0.1:%d/"], "labels": {"service": "api", "module": "http_2xx"}},
                 {"targets": ["127.0.0.1:%d"], "labels": {"service": "nginx", "module": "tls"}}]
                """.formatted(nginxPort, tlsPort));
    }

    private Map<String, String> startExporters() {
        Map<String, String> targets = new HashMap<>();
        targets.put(
                "POSTGRES_EXPORTER_TARGET",
                exporter(
                        "postgres_exporter",
                        Map.of(
                                "DATA_SOURCE_NAME",
                                "postgresql://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable&connect_timeout=5"
                                        .formatted(PASSWORD, postgresAddress.port())),
                        StackExporter.collectors("postgres-exporter")));
        targets.put(
                "REDIS_EXPORTER_TARGET",
                exporter("redis_exporter", Map.of(), "--redis.addr=redis://127.0.0.1:" + redisPort));
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
        return targets;
    }

    private String exporter(String name, Map<String, String> environment, String... arguments) {
        String address = "127.0.0.1:" + FreePort.get();
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "--web.listen-address=" + address;
        define(name, environment, name, all);
        return address;
    }

    private void define(String name, Map<String, String> environment, String program, String... arguments) {
        List<String> command =
                new java.util.ArrayList<>(List.of(Programs.find(program).toString()));
        command.addAll(List.of(arguments));
        starts.put(
                name,
                () -> processes.put(name, ChildProcess.start(name, UnixUser.same(), environment, line -> {}, command)));
        start(name);
    }

    private Map<String, String> receivers() {
        return Map.of(
                "SIDECAR_URL",
                outside.url(""),
                "SMTP_SMARTHOST",
                "127.0.0.1:" + mail.getSmtp().getPort(),
                "SMTP_FROM",
                "alerts@example.org",
                "SMTP_REQUIRE_TLS",
                "false",
                "ALERT_MAIL_TO",
                "night@example.org",
                "SLACK_WEBHOOK_URL",
                outside.url("/slack"));
    }

    private void startPrometheus(Map<String, String> targets) throws IOException {
        int port = FreePort.get();
        Map<String, String> settings = new HashMap<>(targets);
        settings.put("SIDECAR_STACK", "drill");
        for (String played : List.of("LOKI_TARGET", "ALLOY_TARGET", "GRAFANA_TARGET")) {
            settings.put(played, outside.hostAndPort());
        }
        settings.put("PROMETHEUS_TARGET", "127.0.0.1:" + port);
        settings.put("ALERTMANAGER_TARGET", alertmanager.hostAndPort());
        Path config = RenderedConfig.prometheus(directory.resolve("prometheus"), settings);
        Hurried.prometheus(config, HURRY);
        prometheus = PrometheusServer.start(config, port);
        opened.push(prometheus);
    }

    @Override
    public void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        processes.values().forEach(ChildProcess::close);
        stopPostgres();
        mail.stop();
        outside.close();
    }
}
