package dev.sidecar.demo;

import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import dev.sidecar.alerts.Hurried;
import dev.sidecar.preflight.RenderedConfig;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.Programs;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Prometheus, Alertmanager and the exporters of {@code ./run}, with the shipped rules, routes and templates. Only time runs faster: the
 * waiting times and ranges of the rules and routes are divided by {@link #HURRY}, so that an alert comes in seconds, not in minutes.
 */
final class Watching implements AutoCloseable {

    static final int HURRY = 6;
    private static final int SCRAPE_SECONDS = 5;
    private static final List<String> NEEDED =
            List.of("prometheus", "alertmanager", "node_exporter", "postgres_exporter", "blackbox_exporter");

    private final Deque<ChildProcess> running = new ArrayDeque<>();
    private final Path prometheusHome;
    private final Path alertmanagerHome;
    private final @Nullable LogStore logs;
    private final @Nullable LogCollector collector;
    private @Nullable DashboardServer dashboards;
    private final int prometheusPort = FreePort.get();
    private final int alertmanagerPort = FreePort.get();
    private final String webhookToken = UUID.randomUUID().toString();
    private final String metricsToken = UUID.randomUUID().toString();

    private Watching(Path home, @Nullable LogStore logs, @Nullable LogCollector collector) {
        this.logs = logs;
        this.collector = collector;
        this.prometheusHome = Path.of(home + "-prometheus");
        this.alertmanagerHome = Path.of(home + "-alertmanager");
    }

    /** The programs that are not here; without all of them nothing is watched. */
    static List<String> missing() {
        List<String> missing = new ArrayList<>();
        for (String program : NEEDED) {
            try {
                Programs.find(program);
            } catch (IllegalStateException e) {
                missing.add(program);
            }
        }
        return missing;
    }

    /**
     * Starts the exporters and prepares Prometheus and Alertmanager, which start with {@link #begin()}.
     *
     * @param home beside which its folders are made
     * @param controlPort of the sidecar
     * @param api host and port of the sample API
     * @param inbox receives the mails
     * @param chat address that receives chat messages
     * @param logs Loki, if it is here
     * @param collector Alloy, if it is here
     * @param dashboardsPort where Grafana shall listen; 0 if it is not here
     */
    static Watching start(
            Path home,
            int controlPort,
            String api,
            PostgresServer postgres,
            Inbox inbox,
            String chat,
            String edge,
            @Nullable LogStore logs,
            @Nullable LogCollector collector,
            int dashboardsPort) {
        Watching watching = new Watching(home, logs, collector);
        try {
            Map<String, String> targets = watching.exporters(postgres);
            if (dashboardsPort != 0) {
                watching.dashboards =
                        DashboardServer.start(DashboardServer.installation(), home, dashboardsPort, watching.sources());
            }
            watching.alertmanager(controlPort, inbox, chat);
            watching.prometheus(targets, controlPort, api, edge);
            return watching;
        } catch (IOException e) {
            watching.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            watching.close();
            throw e;
        }
    }

    private Map<String, String> sources() {
        Map<String, String> sources =
                new HashMap<>(Map.of("prometheus", prometheusUrl(), "alertmanager", alertmanagerUrl()));
        if (logs != null) {
            sources.put("loki", "http://" + logs.address());
        }
        return sources;
    }

    private Map<String, String> exporters(PostgresServer postgres) {
        Map<String, String> targets = new HashMap<>();
        targets.put(
                "POSTGRES_EXPORTER_TARGET",
                exporter(
                        "postgres_exporter",
                        Map.of(
                                "DATA_SOURCE_NAME",
                                "postgresql://%s:%s@%s:%d/postgres?sslmode=disable&connect_timeout=5"
                                        .formatted(
                                                postgres.user(),
                                                postgres.password(),
                                                postgres.host(),
                                                postgres.port())),
                        "--collector.stat_statements",
                        "--collector.long_running_transactions",
                        "--collector.database_wraparound",
                        "--collector.postmaster",
                        "--collector.stat_checkpointer"));
        targets.put("NODE_EXPORTER_TARGET", exporter("node_exporter", Map.of()));
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
        List<String> command = new ArrayList<>(List.of(Programs.find(name).toString()));
        command.addAll(List.of(arguments));
        command.add("--web.listen-address=" + address);
        keep(ChildProcess.start(name, UnixUser.same(), environment, line -> {}, command));
        return address;
    }

    private void alertmanager(int controlPort, Inbox inbox, String chat) throws IOException {
        keep(ChildProcess.start(
                "Alertmanager",
                UnixUser.same(),
                Map.of("GOMEMLIMIT", "50MiB"),
                line -> {},
                ChildProcess.guardedWhenReady(
                        alertmanagerHome,
                        "TERM",
                        List.of(
                                Programs.find("alertmanager").toString(),
                                "--config.file=" + alertmanagerHome.resolve("alertmanager.yml"),
                                "--storage.path=" + alertmanagerHome.resolve("data"),
                                "--web.listen-address=127.0.0.1:" + alertmanagerPort,
                                "--web.external-url=" + alertmanagerUrl(),
                                "--cluster.listen-address=",
                                "--log.level=warn",
                                "--enable-feature=utf8-strict-mode,receiver-name-in-metrics,event-recorder"))));
        awaitFolder(alertmanagerHome);
        Path config = RenderedConfig.alertmanager(
                alertmanagerHome,
                Map.of(
                        "SIDECAR_URL",
                        "http://127.0.0.1:" + controlPort,
                        "SIDECAR_TOKEN",
                        webhookToken,
                        "SMTP_SMARTHOST",
                        inbox.smtp(),
                        "SMTP_FROM",
                        "alerts@example.org",
                        "SMTP_REQUIRE_TLS",
                        "false",
                        "ALERT_MAIL_TO",
                        "you@example.org",
                        "SLACK_WEBHOOK_URL",
                        chat));
        Hurried.alertmanager(config, HURRY);
        silencedHere(config.resolveSibling("templates"));
    }

    /** The messages of a stack name a command of its containers; here the same silence is a command of a program. */
    private void silencedHere(Path templates) throws IOException {
        try (Stream<Path> files = Files.list(templates)) {
            for (Path file : files.toList()) {
                Files.writeString(
                        file,
                        Files.readString(file)
                                .replaceAll(
                                        "docker compose \\S+ \\S+ exec alertmanager amtool \\S+ --alertmanager\\.url=\\S+",
                                        Matcher.quoteReplacement(
                                                amtool() + " --alertmanager.url=" + alertmanagerUrl())));
            }
        }
    }

    private static String amtool() {
        try {
            String program = Programs.find("amtool").toString();
            return program.matches("[\\w./-]+") ? program : "'" + program + "'";
        } catch (IllegalStateException e) {
            return "amtool";
        }
    }

    private void prometheus(Map<String, String> targets, int controlPort, String api, String edge) throws IOException {
        keep(ChildProcess.start(
                "Prometheus",
                UnixUser.same(),
                Map.of("GOMEMLIMIT", "150MiB"),
                line -> {},
                ChildProcess.guardedWhenReady(
                        prometheusHome,
                        "TERM",
                        List.of(
                                Programs.find("prometheus").toString(),
                                "--config.file=" + prometheusHome.resolve("prometheus.yml"),
                                "--storage.tsdb.path=" + prometheusHome.resolve("data"),
                                "--storage.tsdb.retention.time=30d",
                                "--web.listen-address=127.0.0.1:" + prometheusPort,
                                "--log.level=warn"))));
        awaitFolder(prometheusHome);
        Map<String, String> settings = new HashMap<>(targets);
        Map<String, String> parts = parts();
        settings.put(
                "WITHOUT",
                Stream.of("redis", "nginx", "loki", "alloy", "grafana")
                        .filter(part -> !parts.containsKey(part))
                        .map(part -> part.toUpperCase(Locale.ROOT))
                        .collect(Collectors.joining(",")));
        parts.forEach((part, address) -> settings.put(part.toUpperCase(Locale.ROOT) + "_TARGET", address));
        if (dashboards != null) {
            settings.put("GRAFANA_URL", dashboards.url());
        }
        settings.put("SIDECAR_STACK", EmbeddedSidecar.STACK);
        settings.put("SIDECAR_HOST", EmbeddedSidecar.HOST);
        settings.put("SIDECAR_TARGET", "127.0.0.1:" + controlPort);
        settings.put("API_METRICS_TARGET", api);
        settings.put("ALERTMANAGER_TARGET", "127.0.0.1:" + alertmanagerPort);
        settings.put("PROMETHEUS_TARGET", "127.0.0.1:" + prometheusPort);
        settings.put("RUNBOOKS_URL", "http://localhost:" + controlPort + "/runbooks");
        settings.put("METRICS_TOKEN", metricsToken);
        Path config = RenderedConfig.prometheus(prometheusHome, settings);
        Files.writeString(prometheusHome.resolve("targets/blackbox.json"), """
                [{"targets": ["%s"], "labels": {"service": "api", "module": "http_2xx"}}]
                """.formatted(edge));
        Hurried.prometheus(config, HURRY, SCRAPE_SECONDS);
    }

    /** Where those of Loki, Alloy and Grafana listen that are here. */
    private Map<String, String> parts() {
        Map<String, String> parts = new TreeMap<>();
        if (logs != null) {
            parts.put("loki", logs.address());
        }
        if (collector != null) {
            parts.put("alloy", collector.address());
        }
        if (dashboards != null) {
            parts.put("grafana", dashboards.address());
        }
        return parts;
    }

    @Nullable
    DashboardServer dashboards() {
        return dashboards;
    }

    /** Settings with which the sidecar knows of all this. */
    Map<String, String> settings(Inbox inbox) {
        try {
            Map<String, String> settings = new HashMap<>();
            settings.put("SIDECAR_ACCESS_WEBHOOKTOKEN_FILE", secret("webhook_token", webhookToken));
            settings.put("SIDECAR_ACCESS_METRICSTOKEN_FILE", secret("metrics_token", metricsToken));
            settings.put("SIDECAR_ALERTS_ALERTMANAGERURL", alertmanagerUrl());
            settings.put("SIDECAR_ALERTS_MAIL_SMARTHOST", inbox.smtp());
            settings.put("SIDECAR_ALERTS_MAIL_FROM", "sidecar@example.org");
            settings.put("SIDECAR_ALERTS_MAIL_TO", Inbox.RECIPIENT);
            settings.put("SIDECAR_ALERTS_MAIL_REQUIRETLS", "false");
            settings.put("SIDECAR_RULES_PROMETHEUSURL", prometheusUrl());
            settings.put(
                    "SIDECAR_RULES_EXPECTEDTARGETS",
                    String.join(
                            ",",
                            Stream.concat(
                                            Stream.of("sidecar,api,postgres,node,blackbox,prometheus,alertmanager"),
                                            parts().keySet().stream())
                                    .toList()));
            if (logs != null) {
                settings.put("LOKI_URL", "http://" + logs.address());
                settings.put("SIDECAR_PROOFS_LOGSOURCES_SIDECAR", "5m");
            }
            if (collector != null) {
                settings.put("SIDECAR_PROOFS_LOGSOURCES_API", "5m");
                settings.put("SIDECAR_PROOFS_LOGSOURCES_POSTGRES", "15m");
                settings.put("SIDECAR_PROOFS_CROSSED", "sidecar," + LogCollector.API);
            } else if (logs != null) {
                settings.put(
                        "SIDECAR_PROOFS_WITHOUT", "SEC-5=Alloy, which collects PostgreSQL's log, is not on the PATH");
            }
            if (dashboards != null) {
                settings.putAll(dashboards.settings());
            }
            settings.put("SIDECAR_RULES_BORNATFIRSTEVENT", bornAtFirstEvent());
            // It scrapes three times as often as a stack does, and shares the machine with traffic and tests.
            settings.put("SIDECAR_PROOFS_CPUBUDGET", "15");
            settings.put("SIDECAR_PROOFS_CPUWINDOW", "2m");
            encryption(settings);
            return settings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Backups are encrypted, as a team's should be; the key goes with the demo. */
    private void encryption(Map<String, String> settings) throws IOException {
        try {
            KeyPair pair = new X25519KeyPairGenerator().generateKeyPair();
            settings.put(
                    "SIDECAR_BACKUP_ENCRYPTION_RECIPIENTS",
                    new String(pair.getPublic().getEncoded(), StandardCharsets.US_ASCII));
            settings.put(
                    "SIDECAR_BACKUP_ENCRYPTION_IDENTITY_FILE",
                    secret("backup_identity", new String(pair.getPrivate().getEncoded(), StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String bornAtFirstEvent() throws IOException {
        List<String> names =
                new ArrayList<>(Files.readAllLines(Path.of("prometheus/contracts/born-at-first-event.txt")).stream()
                        .filter(line -> !line.isBlank() && !line.startsWith("#"))
                        .toList());
        // Its label says which program is connected, and nobody is yet.
        names.add("pg_stat_activity_max_tx_duration");
        return String.join(",", names);
    }

    private String secret(String name, String value) throws IOException {
        Path file = Files.createFile(
                alertmanagerHome.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, value).toString();
    }

    String prometheusUrl() {
        return "http://127.0.0.1:" + prometheusPort;
    }

    String alertmanagerUrl() {
        return "http://127.0.0.1:" + alertmanagerPort;
    }

    /** The guard makes the folder, so that it goes with the program whatever happens to us. */
    private void awaitFolder(Path folder) {
        awaitFolder(folder, running);
    }

    static void awaitFolder(Path folder, Collection<ChildProcess> running) {
        await(folder + " is there", running, () -> Files.isDirectory(folder));
    }

    private static void await(String what, Collection<ChildProcess> running, Callable<Boolean> there) {
        Awaitility.await(what)
                .atMost(Duration.ofMinutes(1))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    running.forEach(ChildProcess::requireAlive);
                    return there.call();
                });
    }

    /** Lets Prometheus and Alertmanager start, and waits for them: what is watched is there now, and nobody is told that it is not. */
    void begin() {
        try {
            Files.writeString(alertmanagerHome.resolve("go"), "");
            Files.writeString(prometheusHome.resolve("go"), "");
            if (dashboards != null) {
                dashboards.begin();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (String url : List.of(alertmanagerUrl(), prometheusUrl())) {
            await(url + " answers", running, () -> Traffic.isAnswering(url + "/-/ready"));
        }
    }

    private void keep(ChildProcess process) {
        running.push(process);
    }

    @Override
    public void close() {
        if (dashboards != null) {
            dashboards.close();
        }
        while (!running.isEmpty()) {
            running.pop().close();
        }
    }
}
