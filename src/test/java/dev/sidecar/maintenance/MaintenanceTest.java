package dev.sidecar.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sidecar.SidecarApplication;
import dev.sidecar.access.AdminCredentials;
import dev.sidecar.alerts.AlertmanagerServer;
import dev.sidecar.alerts.Outside;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.console.Browser;
import dev.sidecar.secrets.Secret;
import dev.sidecar.support.FreePort;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

/** The sidecar and a real Alertmanager with the committed routes: who is notified during a deploy, and who is not. */
@Tag("long")
class MaintenanceTest {

    private static final String PASSWORD = "the-password-of-a-person";
    private static final String TEAM = "/team/hook";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ListAppender<ILoggingEvent> AUDIT = new ListAppender<>();

    private static Outside outside;
    private static AlertmanagerServer alertmanager;
    private static ConfigurableApplicationContext sidecar;
    private static String url;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        outside = new Outside();
        alertmanager = AlertmanagerServer.start(
                directory.resolve("alertmanager"),
                Map.of(
                        "SIDECAR_URL",
                        outside.url(""),
                        "SIDECAR_TOKEN",
                        "secret-token",
                        "ALERT_WEBHOOK_URL",
                        outside.url(TEAM)),
                60);
        int port = FreePort.get();
        url = "http://localhost:" + port;
        sidecar = new SpringApplicationBuilder(SidecarApplication.class)
                .run(
                        "--server.port=" + port,
                        "--sidecar.stack=staging",
                        "--sidecar.host=box-1",
                        "--sidecar.proofs.without=ALR-5=its drills would be notified of every few milliseconds here",
                        "--sidecar.access.directory=" + directory.resolve("access"),
                        "--sidecar.access.admin-password=" + PASSWORD,
                        "--sidecar.alerts.alertmanager-url=http://" + alertmanager.hostAndPort());
        AUDIT.start();
        ((Logger) LoggerFactory.getLogger("audit")).addAppender(AUDIT);
    }

    @AfterEach
    void end() {
        command("--end");
    }

    @AfterAll
    static void stop() {
        ((Logger) LoggerFactory.getLogger("audit")).detachAppender(AUDIT);
        // It hands on what it has to tell before it ends.
        alertmanager.close();
        sidecar.close();
        outside.close();
    }

    @Test
    void whatADeployCausesIsSilencedAndNothingElseAndTheFirstPageSaysSo() throws Exception {
        assertThat(command("15m", "deploy of 1.4", "--by", "alice"))
                .contains("Maintenance until ", ": deploy of 1.4. It ends by itself", "exit 0");

        fire("ServiceDown", "api", "one");
        fire("ApiErrorRateHigh", "api", "one");
        // On hosts of their own: on one they would mute what follows from them.
        fire("ServiceDown", "redis", "one-cache");
        fire("DatabaseConnectionFailed", "postgres", "one-database");
        fire("BackupFailed", "sidecar", "one");
        fire("TlsCertificateExpiring", "nginx", "one");

        awaitTold("ServiceDown", "redis", "one-cache");
        awaitTold("DatabaseConnectionFailed", "postgres", "one-database");
        awaitTold("BackupFailed", "sidecar", "one");
        awaitTold("TlsCertificateExpiring", "nginx", "one");
        nobodyIsToldOf("ServiceDown", "api", "one");
        nobodyIsToldOf("ApiErrorRateHigh", "api", "one");
        assertThat(get("/").body())
                .contains("started by", "alice (admin)", "deploy of 1.4", "End now", "Start maintenance");
        assertThat(command()).contains("by alice (admin): deploy of 1.4", "exit 0");
        assertThat(audited())
                .anySatisfy(line -> assertThat(line).contains("begin maintenance", "deploy of 1.4", "alice (admin)"));

        assertThat(command("--end")).contains("Ended: deploy of 1.4", "exit 0");

        awaitTold("ServiceDown", "api", "one");
        assertThat(get("/").body()).doesNotContain("deploy of 1.4");
        assertThat(audited())
                .anySatisfy(line -> assertThat(line).contains("end maintenance", "deploy of 1.4", "admin"));
        assertThat(command()).contains("No maintenance is on.");
    }

    @Test
    void itEndsByItself() throws Exception {
        assertThat(command("1m", "a short one")).contains("exit 0");
        fire("ServiceDown", "api", "two");
        nobodyIsToldOf("ServiceDown", "api", "two");

        awaitTold("ServiceDown", "api", "two");

        Awaitility.await("the end is audited")
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(audited())
                        .anySatisfy(line ->
                                assertThat(line).contains("end maintenance", "a short one", "its time was over")));
        assertThat(get("/").body()).doesNotContain("a short one");
    }

    @Test
    void theButtonsDoTheSame() throws Exception {
        assertThat(form(
                                "/maintenance",
                                "minutes=5&reason=" + URLEncoder.encode("by <b>hand</b>", StandardCharsets.UTF_8))
                        .statusCode())
                .isEqualTo(302);
        String page = get("/").body();
        assertThat(page).contains("by &lt;b&gt;hand&lt;/b&gt;").doesNotContain("<b>hand");
        String id = Pattern.compile("action=\"/maintenance/([^/\"]+)/end\"")
                .matcher(page)
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow();

        assertThat(form("/maintenance/" + id + "/end", "").statusCode()).isEqualTo(302);

        assertThat(get("/").body()).doesNotContain("by &lt;b&gt;hand");
    }

    @Test
    void aPersonFindsThemOnTheFirstPage() throws Exception {
        try (Browser browser = new Browser(url).logIn(PASSWORD)) {
            browser.open("/readiness");
            browser.click("#begin-maintenance summary");
            browser.typeInto("#begin-maintenance input[name=reason]", "a deploy seen by everybody");
            browser.click("#begin-maintenance button");
            browser.awaitText("#maintenance", "started by admin: a deploy seen by everybody");
            browser.size(360, 740);
            browser.picture("maintenance-small");
            browser.size(1200, 900);
            browser.picture("maintenance");

            browser.click("#maintenance button");

            browser.awaitText(".note.held", "Ended maintenance: a deploy seen by everybody");
            assertThat(browser.count("#maintenance .card")).isZero();
        }
    }

    @Test
    void whatIsOutsideTheLimitsIsRefusedAndSilencesNothing() throws Exception {
        assertThat(command("3h", "too long")).contains("between 1 min and 2 h", "exit 2");
        assertThat(command("10s", "too short")).contains("between 1 min and 2 h", "exit 2");
        assertThat(command("-15m", "negative")).contains("exit 2");
        assertThat(command("soon", "no time")).contains("such as 90s, 15m or 1h", "exit 2");
        assertThat(command("99999999999999999999d", "no time")).contains("exit 2");
        assertThat(command("15m", "  ")).contains("A reason is needed", "exit 2");
        assertThat(command("15m", "x".repeat(201))).contains("200 characters at most", "exit 2");
        assertThat(command("15m")).contains("exit 2");
        assertThat(form("/maintenance", "minutes=-5&reason=x").statusCode()).isEqualTo(302);
        assertThat(form("/maintenance", "minutes=9223372036854775807&reason=x").statusCode())
                .isEqualTo(302);
        assertThat(HTTP.send(
                                HttpRequest.newBuilder(URI.create(url + "/api/maintenance"))
                                        .header("Content-Type", "application/json")
                                        .POST(HttpRequest.BodyPublishers.ofString(
                                                "{\"time\":\"15m\",\"reason\":\"x\"}"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isIn(401, 403);

        assertThat(get("/api/maintenance").body()).startsWith("{\"current\":[],");
        assertThat(HTTP.send(
                                HttpRequest.newBuilder(
                                                URI.create("http://" + alertmanager.hostAndPort() + "/api/v2/silences"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body())
                .doesNotContain("too long", "too short");
    }

    /** A name that is misspelt would silence nothing; the wrong one would hide an outage. */
    @Test
    void itCoversAlertsThatExistAndNoneOfDatabasesBackupsDisksOrSecurity() throws IOException {
        List<String> covered = sidecar.getBean(Maintenances.class).alerts();
        String rules;
        try (Stream<Path> files = Files.list(Path.of("prometheus/rules"))) {
            rules = files.map(MaintenanceTest::text).collect(Collectors.joining("\n"));
        }

        assertThat(covered).isNotEmpty().allSatisfy(name -> assertThat(rules).contains("- alert: " + name + "\n"));
        for (String file : List.of("postgres", "redis", "backup", "host", "security", "alerting", "logs")) {
            String others = text(Path.of("prometheus/rules/" + file + ".yml"));
            assertThat(covered).noneSatisfy(name -> assertThat(others).contains("- alert: " + name + "\n"));
        }
        assertThat(sidecar.getBean(Maintenances.class).services()).containsExactly("api", "gateway", "nginx");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void fire(String alertname, String service, String host) throws Exception {
        String body = JsonMapper.shared()
                .writeValueAsString(List.of(Map.of(
                        "labels",
                        Map.of(
                                "alertname",
                                alertname,
                                "service",
                                service,
                                "host",
                                host,
                                "stack",
                                "staging",
                                "severity",
                                "critical",
                                "category",
                                "operational"),
                        "startsAt",
                        Instant.now().toString(),
                        "endsAt",
                        Instant.now().plusSeconds(600).toString())));
        HttpResponse<String> answer = HTTP.send(
                HttpRequest.newBuilder(URI.create("http://" + alertmanager.hostAndPort() + "/api/v2/alerts"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    private static void awaitTold(String alertname, String service, String host) {
        Awaitility.await(alertname + " of " + service)
                .atMost(Duration.ofSeconds(120))
                .until(() -> isTold(alertname, service, host));
    }

    private static void nobodyIsToldOf(String alertname, String service, String host) {
        Awaitility.await("nobody is told")
                .during(Duration.ofSeconds(8))
                .atMost(Duration.ofSeconds(20))
                .until(() -> !isTold(alertname, service, host));
    }

    private static boolean isTold(String alertname, String service, String host) {
        return outside.received(TEAM).stream()
                .flatMap(received -> received.json().path("alerts").valueStream())
                .map(alert -> alert.path("labels"))
                .anyMatch(labels -> labels.path("alertname").asString().equals(alertname)
                        && labels.path("service").asString().equals(service)
                        && labels.path("host").asString().equals(host));
    }

    private static List<String> audited() {
        return List.copyOf(AUDIT.list).stream()
                .map(event -> event.getKeyValuePairs() == null
                        ? ""
                        : event.getKeyValuePairs().toString())
                .toList();
    }

    private static String command(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        CommandLine line = new CommandLine(new MaintenanceCommand(
                () -> new AdminCredentials("admin", Secret.of(PASSWORD)), URI.create(url), printed));
        line.setErr(new java.io.PrintWriter(printed, true));
        line.setExecutionExceptionHandler((failure, at, parsed) -> {
            printed.println(failure.getMessage());
            return failure instanceof CommandFailure known ? known.exitCode() : 1;
        });
        int exit = line.execute(Arrays.stream(arguments).toArray(String[]::new));
        return out.toString(StandardCharsets.UTF_8) + "\nexit " + exit;
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .header("Authorization", basic())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> form(String path, String body) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .header("Authorization", basic())
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String basic() {
        return "Basic " + Base64.getEncoder().encodeToString(("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }
}
