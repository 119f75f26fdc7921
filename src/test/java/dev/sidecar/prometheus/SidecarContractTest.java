package dev.sidecar.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.SidecarApplication;
import dev.sidecar.prometheus.Contracts.Family;
import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the sidecar's contract says is what a sidecar exports that has everything switched on and has done everything once. After a
 * change of its metrics {@code ./regenerate contracts} writes it.
 */
class SidecarContractTest {

    private static final String JOB = "sidecar";
    private static final String PASSWORD = "the-password-of-a-person";
    private static final String TOKEN = "the-token-of-alertmanager";
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    private static HttpServer api;
    private static ChildProcess sidecar;
    private static URI control;
    private static Map<String, Family> exported;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        api.start();
        PostgresServer postgres = PostgresServer.shared();
        Files.createDirectories(directory.resolve("checks/postgres"));
        Files.writeString(directory.resolve("checks/postgres/one.sql"), "-- expect: 1\nSELECT 1\n");
        Path dumps = Files.createDirectories(directory.resolve("dumps"));
        int port = FreePort.get();
        int gateway = FreePort.get();
        control = URI.create("http://127.0.0.1:" + port);
        sidecar = ChildProcess.start(
                "sidecar",
                UnixUser.same(),
                Map.of("LOKI_URL", "http://127.0.0.1:9"),
                line -> {},
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        // So that it has collected garbage by the time it is looked at.
                        "-Xmx192m",
                        "-Xmn8m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SidecarApplication.class.getName(),
                        "--server.port=" + port,
                        "--sidecar.access.directory=" + directory.resolve("access"),
                        "--sidecar.access.admin-password=" + PASSWORD,
                        "--sidecar.access.webhook-token=" + TOKEN,
                        "--sidecar.gateway.port=" + gateway,
                        "--sidecar.gateway.upstream=http://127.0.0.1:"
                                + api.getAddress().getPort(),
                        "--sidecar.gateway.service=api",
                        "--sidecar.rules.prometheus-url=http://127.0.0.1:9",
                        "--sidecar.rules.expected-targets=sidecar",
                        "--sidecar.alerts.alertmanager-url=http://127.0.0.1:9",
                        "--sidecar.alerts.mail.smarthost=127.0.0.1:9",
                        "--sidecar.alerts.mail.from=alerts@example.org",
                        "--sidecar.alerts.mail.to=night@example.org",
                        "--sidecar.alerts.slack.webhook-url=http://127.0.0.1:9/slack",
                        "--sidecar.backup.server.host=" + postgres.host(),
                        "--sidecar.backup.server.port=" + postgres.port(),
                        "--sidecar.backup.server.user=" + postgres.user(),
                        "--sidecar.backup.server.password=" + postgres.password(),
                        "--sidecar.backup.server.databases=postgres",
                        "--sidecar.dumps.sources.nightly.folder=" + dumps,
                        "--sidecar.pitr.enabled=true",
                        "--sidecar.far-end.url=http://127.0.0.1:9",
                        "--sidecar.backup.checks.directory=" + directory.resolve("checks"),
                        "--sidecar.backup.directory=" + directory.resolve("backups")));
        await("sidecar").atMost(PATIENCE).ignoreExceptions().until(() -> {
            sidecar.requireAlive();
            return ask(control.resolve("/actuator/health/readiness"), "").statusCode() == 200;
        });
        ask(URI.create("http://127.0.0.1:" + gateway + "/orders"), "");
        ask(control.resolve("/api/report"), "Basic " + basic());
        tell("/hooks/alerts/events", DELIVERY);
        tell("/hooks/alerts/events", INHIBITION);
        await("a backup and garbage")
                .atMost(PATIENCE)
                .until(() -> metrics()
                                .lines()
                                .anyMatch(line -> line.matches("sidecar_backup_restore_seconds\\{.*} [0-9.E-]+"))
                        && metrics().contains("jvm_gc_pause_seconds_count"));
        exported = families(metrics());
        Contracts.leave(
                JOB,
                "sidecar, everything switched on",
                exported.values().stream().toList());
    }

    @AfterAll
    static void stop() {
        sidecar.close();
        api.stop(0);
    }

    @Test
    void everyMetricOfOursIsWrittenDownAndEveryOneWrittenDownIsThere() {
        assertThat(lines(exported.values(), SidecarContractTest::isOurs))
                .as("./regenerate contracts writes it")
                .isEqualTo(lines(written(), SidecarContractTest::isOurs));
    }

    /** What the libraries export differs between versions of Java; what somebody relies on must be there. */
    @Test
    void whatRulesAndDashboardsReadOfTheLibrariesIsThere() throws IOException {
        String readers = text(Path.of("prometheus/rules"), ".yml") + text(Path.of("grafana/dashboards"), ".json");
        Predicate<Family> isRead = family -> !isOurs(family)
                && Pattern.compile("\\b" + family.name() + "(_bucket|_sum|_count)?\\b")
                        .matcher(readers)
                        .find();

        assertThat(lines(written(), isRead)).isNotEmpty();
        assertThat(lines(exported.values(), isRead)).containsAll(lines(written(), isRead));
    }

    @Test
    void aClosedSetOfValuesHoldsAllThatWereSeen() {
        Map<String, Map<String, Set<String>>> before = Contracts.before(JOB);

        assertThat(seen(metrics()))
                .allSatisfy((name, labels) -> labels.forEach((label, values) -> {
                    Set<String> closed = before.getOrDefault(name, Map.of()).getOrDefault(label, Set.of());
                    if (!closed.isEmpty()) {
                        assertThat(closed).as("values of %s of %s", label, name).containsAll(values);
                    }
                }));
    }

    private static boolean isOurs(Family family) {
        return family.name().startsWith("sidecar_");
    }

    private static List<Family> written() {
        return Contracts.families(Contracts.file(JOB)).toList();
    }

    private static List<String> lines(java.util.Collection<Family> families, Predicate<Family> wanted) {
        return families.stream()
                .filter(wanted)
                .map(family -> family.name() + " " + family.type() + " "
                        + String.join(",", new TreeSet<>(family.labels().keySet())))
                .sorted()
                .toList();
    }

    private static String text(Path directory, String ending) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path file : RuleFiles.files(directory, ending)) {
            text.append(Files.readString(file));
        }
        return text.toString();
    }

    private static Map<String, Family> families(String metrics) {
        Map<String, String> types = types(metrics);
        Map<String, Map<String, Set<String>>> before = Contracts.before(JOB);
        Map<String, Family> families = new TreeMap<>();
        seen(metrics)
                .forEach((name, labels) -> families.put(
                        name,
                        new Family(
                                name, types.get(name), Contracts.closed(labels, before.getOrDefault(name, Map.of())))));
        return families;
    }

    private static Map<String, String> types(String metrics) {
        return metrics.lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(words -> words[2], words -> words[3]));
    }

    /** Each family with its labels and the values that they have. */
    private static Map<String, Map<String, Set<String>>> seen(String metrics) {
        Map<String, String> types = types(metrics);
        Map<String, Map<String, Set<String>>> seen = new TreeMap<>();
        metrics.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String series = line.substring(0, line.lastIndexOf(' '));
            String name = series.replaceFirst("\\{.*", "");
            String family = types.containsKey(name) ? name : name.replaceFirst("_(bucket|sum|count)$", "");
            Map<String, Set<String>> labels = seen.computeIfAbsent(family, any -> new TreeMap<>());
            Matcher label = LABEL.matcher(series);
            while (label.find()) {
                if (!Set.of("le", "quantile").contains(label.group(1))) {
                    labels.computeIfAbsent(label.group(1), any -> new TreeSet<>())
                            .add(label.group(2));
                }
            }
        });
        return seen;
    }

    private static String metrics() {
        return ask(control.resolve("/actuator/prometheus"), "Basic " + basic()).body();
    }

    private static String basic() {
        return Base64.getEncoder().encodeToString(("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    private static void tell(String path, String event) {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(control.resolve(path))
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(event)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static HttpResponse<String> ask(URI address, String authorization) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address);
        return send(authorization.isEmpty() ? request : request.header("Authorization", authorization));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As a real Alertmanager records it, as little of it as is needed. */
    private static final String DELIVERY = """
            {"@timestamp": "2026-01-02T03:05:05Z", "data": {"notification": {
              "groupInfo": {"receiverName": "security-critical"}, "integration": {"name": "email", "index": 0},
              "reason": "NOTIFICATION_REASON_FIRST_NOTIFICATION", "alerts": [{"details": {
                "labels": {"labels": [{"key": "alertname", "value": "BackupSuspect"}]},
                "resolved": false, "startsAt": "2026-01-02T03:04:05Z"}}]}}}
            """;

    private static final String INHIBITION = """
            {"@timestamp": "2026-01-02T03:05:05Z", "data": {"inhibitionMutedAlert": {
              "mutedAlert": {"labels": {"labels": [{"key": "alertname", "value": "SlowQueries"}]}},
              "inhibitRules": [{"name": "database-down-mutes-queries"}]}}}
            """;
}
