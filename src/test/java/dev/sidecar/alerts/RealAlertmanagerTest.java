package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sidecar.SidecarApplication;
import dev.sidecar.access.AdminCredentials;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.notices.DeadMansSwitch;
import dev.sidecar.notices.DeadMansSwitch.State;
import dev.sidecar.secrets.Secret;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.Programs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine;

/** The sidecar and a real Alertmanager, each told where the other is; only who is told of alerts outside is a stand-in. */
@Tag("long")
class RealAlertmanagerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String TOKEN = "the-token-of-alertmanager";
    private static final String PASSWORD = "the-password-of-a-person";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private static Path directory;

    private static HttpServer outside;
    private static Process alertmanager;
    private static ConfigurableApplicationContext sidecar;
    private static String sidecarUrl;
    private static String alertmanagerUrl;
    /** A mail server that accepts every connection and never says a word: the system does that for a socket that nobody reads. */
    private static ServerSocket silent;

    @BeforeAll
    static void start() throws Exception {
        silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        outside = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        outside.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "outside");
            thread.setDaemon(true);
            return thread;
        }));
        outside.createContext("/ok", exchange -> answer(exchange, 200));
        outside.createContext("/broken", exchange -> answer(exchange, 500));
        outside.start();
        int sidecarPort = FreePort.get();
        int alertmanagerPort = FreePort.get();
        sidecarUrl = "http://localhost:" + sidecarPort;
        alertmanagerUrl = "http://localhost:" + alertmanagerPort;
        sidecar = new SpringApplicationBuilder(SidecarApplication.class)
                .run(
                        "--server.port=" + sidecarPort,
                        "--sidecar.stack=staging",
                        "--sidecar.host=box-1",
                        "--sidecar.access.directory=" + directory.resolve("access"),
                        "--sidecar.access.webhook-token=" + TOKEN,
                        "--sidecar.access.admin-password=" + PASSWORD,
                        "--sidecar.alerts.drill-pause=0s",
                        "--sidecar.alerts.mail.smarthost=127.0.0.1:1",
                        "--sidecar.alerts.mail.from=alerts@example.org",
                        "--sidecar.alerts.mail.to=night@example.org",
                        "--sidecar.alerts.alertmanager-url=" + alertmanagerUrl);
        assertThat(((WebServerApplicationContext) sidecar).getWebServer().getPort())
                .isEqualTo(sidecarPort);
        alertmanager = startAlertmanager(alertmanagerPort);
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> get(alertmanagerUrl + "/-/ready", "").statusCode() == 200);
    }

    @AfterAll
    static void stop() throws Exception {
        if (alertmanager != null) {
            alertmanager.destroy();
            alertmanager.waitFor(30, TimeUnit.SECONDS);
        }
        if (sidecar != null) {
            sidecar.close();
        }
        outside.stop(0);
        silent.close();
    }

    @Test
    void theWatchdogArrivesByTheWebhook() throws Exception {
        sidecar.getBean(Alertmanager.class)
                .post(List.of(new Alertmanager.PostedAlert(
                        Map.of("alertname", "Watchdog"),
                        Map.of(),
                        Instant.now().toString(),
                        Instant.now().plusSeconds(300).toString())));

        await().atMost(PATIENCE).until(() -> status().state() == State.WATCHED);

        assertThat(status().lastReceived()).isAfter(Instant.now().minusSeconds(120));
        await().atMost(PATIENCE)
                .until(() -> metrics()
                        .contains("sidecar_alert_deliveries_total{integration=\"webhook\",receiver=\"watchdog\"}"));
        assertThat(metrics()).doesNotContain("sidecar_watchdog_last_received_timestamp_seconds 0.0");
    }

    @Test
    void aDrillOfARouteIsSeenToArriveInEveryChannelOfItsReceiver() throws Exception {
        Drills drills = sidecar.getBean(Drills.class);
        assertThat(drills.routes())
                .containsExactly(
                        "default", "security-critical", "performance", "broken", "unreachable", "mail", "silent");

        DrillResult result = drills.deliver("security-critical");

        assertThat(result.problem()).isNull();
        assertThat(result.allDelivered()).as(result.toString()).isTrue();
        assertThat(result.channels())
                .extracting(one -> one.channel().toString())
                .containsExactlyInAnyOrder("security-critical/webhook", "security-critical/webhook[1]");
        assertThat(result.channels())
                .allSatisfy(one -> assertThat(one.took()).isBetween(Duration.ZERO, Duration.ofSeconds(60)));
        Delivered receipt = sidecar.getBean(Receipts.class)
                .last(new Channel("security-critical", "webhook", 1))
                .orElseThrow();
        assertThat(receipt.has("category", "security")).isTrue();
        assertThat(receipt.has("drill", "true")).isTrue();
    }

    @Test
    void aDrillOfARouteThatDoesNotDeliverSaysWhy() throws Exception {
        DrillResult result = sidecar.getBean(Drills.class).deliver("broken");

        assertThat(result.allDelivered()).isFalse();
        assertThat(result.channels()).singleElement().satisfies(one -> {
            assertThat(one.delivered()).isFalse();
            assertThat(one.reason()).contains("webhook").contains("serverError");
        });
    }

    /** Alertmanager gives up only when the next notification is due, which may be in an hour. */
    @Test
    void aDrillOfARouteWhoseServerDoesNotExistSaysSo() throws Exception {
        DrillResult result = sidecar.getBean(Drills.class).deliver("unreachable");

        assertThat(result.channels()).singleElement().satisfies(one -> {
            assertThat(one.delivered()).isFalse();
            assertThat(one.reason())
                    .matches(
                            "Alertmanager tried \\d+ times by webhook and failed each time: .*Its log has the reason\\.");
        });
    }

    /** Nothing listens there. Alertmanager counts its attempts, and the sidecar asks the server why. */
    @Test
    void theCommandTellsOfAWrongMailServerWithTheReason() {
        assertThat(command("alert", "test", "--route", "mail"))
                .contains(
                        "exit 10",
                        "mail/email",
                        "NOT delivered: Alertmanager tried",
                        "times by email and failed each time")
                .contains("The sidecar cannot send a mail through that server either: Couldn't connect to host")
                .doesNotContain("event recorder");
    }

    @Test
    void aRouteThatIsNotThereIsAProblemAndNoException() throws Exception {
        assertThat(sidecar.getBean(Drills.class).deliver("securty").problem())
                .isEqualTo(
                        "No route 'securty'; the routes are [default, security-critical, performance, broken, unreachable, mail, silent].");
    }

    @Test
    void anInhibitionIsSeenToMuteByItsNameAndNotToMuteWhenOneLabelDiffers() throws Exception {
        Drills drills = sidecar.getBean(Drills.class);

        InhibitionResult alike = drills.inhibit("service-down-mutes-performance", null);
        assertThat(alike.problem()).isNull();
        assertThat(alike.muted()).as(alike.toString()).isTrue();
        assertThat(alike.by()).containsExactly("service-down-mutes-performance");
        assertThat(alike.delivered()).isFalse();

        InhibitionResult differing = drills.inhibit("service-down-mutes-performance", "service");
        assertThat(differing.muted()).as(differing.toString()).isFalse();
        assertThat(differing.delivered()).isTrue();

        InhibitionResult warning = drills.inhibit("critical-mutes-its-warning", null);
        assertThat(warning.by()).containsExactly("critical-mutes-its-warning");

        assertThat(drills.inhibit("service-down-mutes-performance", "colour").problem())
                .contains("No inhibition rule");
        assertThat(sidecar.getBean(Receipts.class).mutings())
                .flatExtracting(Muted::rules)
                .contains("service-down-mutes-performance", "critical-mutes-its-warning");
        assertThat(metrics()).contains("sidecar_alert_inhibited_total{rule=\"service-down-mutes-performance\"}");
    }

    @Test
    void theCommandTellsPerChannelAndItsExitCodeSaysWhetherAllDelivered() {
        assertThat(command("alert", "test", "--route", "performance"))
                .contains("exit 0", "performance/webhook", "delivered after");
        assertThat(command("alert", "test", "--route", "broken")).contains("exit 10", "NOT delivered", "serverError");
        assertThat(command("alert", "test", "--route", "nowhere"))
                .contains("exit 2", "No route 'nowhere'; the routes are [default, security-critical");
        assertThat(command("alert")).contains("exit 2", "alert test");
    }

    /** Four of the seven routes deliver nothing, and each is given 45 seconds. */
    @Test
    void allRoutesAreTestedSideBySideAndPrintedAsTheyEnd() {
        long began = System.nanoTime();

        String said = command("alert", "test");

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(150));
        assertThat(said)
                .containsSubsequence("silent: sent", "performance:\n", "delivered after", "silent:\n", "exit 10")
                .containsPattern(
                        "silent:\n +silent/email +NOT delivered: Alertmanager has no answer of the other side yet\\.")
                .containsPattern("… after \\d+ s still open: .*silent");
    }

    @Test
    void nobodyReachesTheHooksWithoutTheTokenOrTheDrillsWithoutALogin() throws Exception {
        assertThat(post("/hooks/alerts/webhook", "", "{\"alerts\":[]}").statusCode())
                .isEqualTo(401);
        assertThat(post("/hooks/alerts/events", "Bearer wrong", "{}").statusCode())
                .isEqualTo(401);
        assertThat(post("/hooks/alerts/webhook", "Bearer " + TOKEN, "{\"alerts\":[]}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(post("/api/alerts/drills", "", "{\"route\":\"default\"}").statusCode())
                .isIn(401, 403);
        assertThat(get(sidecarUrl + "/api/alerts", "").statusCode()).isEqualTo(401);
        assertThat(get(sidecarUrl + "/api/alerts", basic()).statusCode()).isEqualTo(200);
    }

    @Test
    void whatAlertmanagerWouldNotSendIsRefused() throws Exception {
        assertThat(post("/hooks/alerts/webhook", "Bearer " + TOKEN, "{\"alerts\":")
                        .statusCode())
                .isEqualTo(400);
        assertThat(post("/hooks/alerts/webhook", "Bearer " + TOKEN, "{\"alerts\":1}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(post("/hooks/alerts/events", "Bearer " + TOKEN, "[]").statusCode())
                .isEqualTo(400);
        assertThat(post("/hooks/alerts/events", "Bearer " + TOKEN, "{\"@timestamp\":\"now\",\"data\":{}}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(post(
                                "/hooks/alerts/webhook",
                                "Bearer " + TOKEN,
                                "{\"x\":\"" + "x".repeat(AlertmanagerHooks.LONGEST_BODY) + "\"}")
                        .statusCode())
                .isEqualTo(413);
        assertThat(post("/api/alerts/drills", basic(), "{\"route\":\"nowhere\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    private static DeadMansSwitch.Status status() {
        return sidecar.getBean(DeadMansSwitch.class).status();
    }

    private static String metrics() throws Exception {
        return get(sidecarUrl + "/actuator/prometheus", basic()).body();
    }

    private static String command(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        CommandLine line = new CommandLine(new Root());
        line.addSubcommand(new AlertCommand(
                SidecarServer::new,
                () -> new AdminCredentials("admin", Secret.of(PASSWORD)),
                URI.create(sidecarUrl),
                printed));
        line.setErr(new java.io.PrintWriter(printed, true));
        line.setExecutionExceptionHandler((failure, at, parsed) -> {
            printed.println(failure.getMessage());
            return failure instanceof CommandFailure && failure.getMessage().contains("No route") ? 2 : 1;
        });
        int exit = line.execute(arguments);
        return out.toString(StandardCharsets.UTF_8) + "\nexit " + exit;
    }

    @CommandLine.Command(name = "sidecar")
    private static final class Root {}

    private static String basic() {
        return "Basic "
                + java.util.Base64.getEncoder().encodeToString(("admin:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    private static HttpResponse<String> get(String url, String authorization) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path, String authorization, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(sidecarUrl + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private static Process startAlertmanager(int port) throws IOException {
        Path token = Files.writeString(directory.resolve("token"), TOKEN);
        String out = "http://localhost:" + outside.getAddress().getPort();
        Path config = Files.writeString(
                directory.resolve("alertmanager.yml"), """
                event_recorder:
                  webhook_outputs:
                    - url: '%1$s/hooks/alerts/events'
                      workers: 1
                      http_config: { authorization: { credentials_file: '%2$s' } }
                route:
                  receiver: default
                  group_by: [stack, host, service]
                  group_wait: 1s
                  group_interval: 2s
                  repeat_interval: 1h
                  routes:
                    - { receiver: watchdog, matchers: ['alertname = Watchdog'], group_wait: 0s }
                    - { receiver: drill, matchers: ['drill = inhibition'], group_wait: 1s }
                    - { receiver: security-critical, matchers: ['category = security', 'severity = critical'] }
                    - { receiver: performance, matchers: ['category = performance'] }
                    - { receiver: broken, matchers: ['category = broken'] }
                    - { receiver: unreachable, matchers: ['category = unreachable'], group_interval: 1h }
                    - { receiver: mail, matchers: ['category = mail'], group_interval: 1h }
                    - { receiver: silent, matchers: ['category = silent'], group_interval: 1h }
                inhibit_rules:
                  - name: service-down-mutes-performance
                    source_matchers: ['alertname =~ "ServiceDown|UpstreamUnreachable"', 'stack =~ ".+"', 'service =~ ".+"']
                    target_matchers: ['category = performance', 'stack =~ ".+"', 'service =~ ".+"']
                    equal: [stack, service]
                  - name: critical-mutes-its-warning
                    source_matchers: ['severity = critical', 'stack =~ ".+"', 'host =~ ".+"', 'service =~ ".+"']
                    target_matchers: ['severity = warning', 'stack =~ ".+"', 'host =~ ".+"', 'service =~ ".+"']
                    equal: [stack, host, service, alertname, instance]
                receivers:
                  - name: default
                    webhook_configs: [{ url: '%3$s/ok' }]
                  - name: security-critical
                    webhook_configs: [{ url: '%3$s/ok' }, { url: '%3$s/ok/2' }]
                  - name: performance
                    webhook_configs: [{ url: '%3$s/ok' }]
                  - name: broken
                    webhook_configs: [{ url: '%3$s/broken' }]
                  - name: unreachable
                    webhook_configs: [{ url: 'http://localhost:1/' }]
                  - name: mail
                    email_configs:
                      - { to: night@example.org, from: alerts@example.org, smarthost: '127.0.0.1:1', require_tls: false }
                  - name: silent
                    email_configs:
                      - { to: night@example.org, from: alerts@example.org, smarthost: '127.0.0.1:%4$d', require_tls: false }
                  - name: watchdog
                    webhook_configs: &sidecar
                      - url: '%1$s/hooks/alerts/webhook'
                        http_config: { authorization: { credentials_file: '%2$s' } }
                  - name: drill
                    webhook_configs: *sidecar
                """.formatted(sidecarUrl, token, out, silent.getLocalPort()));
        return new ProcessBuilder(
                        Programs.find("alertmanager").toString(),
                        "--config.file=" + config,
                        "--storage.path=" + directory.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--cluster.listen-address=",
                        "--enable-feature=event-recorder,receiver-name-in-metrics")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("alertmanager.log").toFile())
                .start();
    }
}
