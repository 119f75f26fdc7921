package dev.sidecar.probes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.sidecar.SidecarApplication;
import dev.sidecar.alerts.Outside;
import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.farend.FarEnd;
import dev.sidecar.farend.FarEndFixture;
import dev.sidecar.notices.SmtpDouble;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine;

class ProbesTest {

    private static final Duration LIMIT = Duration.ofSeconds(3);

    private final Map<String, String> settings = new HashMap<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private String printed = "";
    private @Nullable FarEnd farEnd;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private boolean probe(String... endpoints) throws InterruptedException {
        StringWriter out = new StringWriter();
        boolean all = new Probes(
                        () -> new Configured(
                                        name -> settings.getOrDefault(name, ""),
                                        List.of(endpoints),
                                        null,
                                        null,
                                        farEnd,
                                        LIMIT)
                                .probes(),
                        LIMIT)
                .run(new PrintWriter(out, true));
        printed = out.toString();
        return all;
    }

    private void mail(int port) {
        settings.put("sidecar.alerts.mail.smarthost", "127.0.0.1:" + port);
        settings.put("sidecar.alerts.mail.require-tls", "false");
    }

    @Test
    void aMailServerIsGreetedAndLoggedInToAndNothingIsSent() throws Exception {
        GreenMail server = greenMail();
        mail(server.getSmtp().getPort());
        settings.put("sidecar.alerts.mail.username", "alerts");
        settings.put("sidecar.alerts.mail.password", "secret-mail");

        assertThat(probe()).as(printed).isTrue();
        assertThat(printed)
                .containsPattern(
                        "ON +mail server +127.0.0.1:\\d+: greets with \"220 .*not encrypted, login accepted \\(")
                .contains("probe: 1 of 1 answered. Nothing was sent to anybody.");
        assertThat(server.getReceivedMessages()).isEmpty();
    }

    /** Writing is not tried; reading is, with the login. */
    @Test
    void theStoreElsewhereIsAskedWithItsLogin() throws Exception {
        Outside store = new Outside();
        opened.add(store);
        String empty = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";
        store.answer(
                "/api/v1/query",
                request -> "Bearer token-of-reading".equals(request.headers().get("authorization"))
                        ? new Answer(200, Map.of("Content-Type", "application/json"), empty)
                        : new Answer(401, Map.of(), "token-of-nobody is not known"));
        farEnd = FarEndFixture.at(URI.create(store.url("")), "token-of-reading", null, "h1", LIMIT);

        assertThat(probe()).as(printed).isTrue();
        assertThat(printed)
                .containsPattern("ON +far end +http://127.0.0.1:\\d+: HTTP ")
                .containsPattern("ON +far end, reading +http://127.0.0.1:\\d+/?: answers queries");

        farEnd = FarEndFixture.at(URI.create(store.url("")), "token-of-nobody", null, "h1", LIMIT);
        assertThat(probe()).isFalse();
        assertThat(printed)
                .containsPattern("WRONG +far end, reading .*answered 401.*Fix: check REMOTE_WRITE_QUERY_URL")
                .doesNotContain("token-of-nobody");
    }

    @Test
    void aRefusedLoginIsToldWithoutThePassword() throws Exception {
        mail(greenMail().getSmtp().getPort());
        settings.put("sidecar.alerts.mail.username", "alerts");
        settings.put("sidecar.alerts.mail.password", "wrong-secret");

        assertThat(probe()).isFalse();
        assertThat(printed)
                .contains("it refused the login with 535", "Fix: check SMTP_SMARTHOST")
                .doesNotContain("wrong-secret");
    }

    @Test
    void withoutTlsAMailServerThatMustHaveItIsWrong() throws Exception {
        mail(greenMail().getSmtp().getPort());
        settings.put("sidecar.alerts.mail.require-tls", "true");

        assertThat(probe()).isFalse();
        assertThat(printed).contains("WRONG").contains("offers no STARTTLS, and SMTP_REQUIRE_TLS is true");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GREETING | 554 go away                        | it says: 554 go away",
                "GREETING | 421 busy                           | it says: 421 busy",
                "GREETING | SSH-2.0-OpenSSH_9                  | not what a mail server says",
                "EHLO     | CUT                                | it closed the connection",
                "EHLO     | 502 what?                          | it says: 502 what?",
            })
    void aMailServerThatDoesNotWantUsSaysSo(String command, String reply, String told) throws Exception {
        SmtpDouble server = new SmtpDouble(Map.of(command, reply));
        opened.add(server);
        mail(server.port());

        assertThat(probe()).isFalse();
        assertThat(printed).contains(told);
    }

    @Test
    void nothingListensThere() throws Exception {
        int port = FreePort.get();
        mail(port);
        settings.put("sidecar.alerts.slack.webhook-url", "http://127.0.0.1:" + port + "/services/secret-slack");
        settings.put("sidecar.gateway.upstream", "http://127.0.0.1:" + port);
        settings.put("sidecar.proofs.redis", "127.0.0.1:" + port);

        assertThat(probe("webhook=http://127.0.0.1:" + port)).isFalse();
        assertThat(printed.lines().filter(line -> line.startsWith("WRONG")))
                .hasSize(5)
                .allSatisfy(line -> assertThat(line).contains("connection refused", ". Fix: "));
        assertThat(printed)
                .contains("UPSTREAM_URL", "REDIS_HOST", "SMTP_SMARTHOST", "probe: 0 of 5 answered")
                .doesNotContain("secret-");
    }

    /** Of a chat's address only the host is asked: nobody gets a message, and what is secret in it is neither sent nor printed. */
    @Test
    void aChatIsAskedForItsFirstPageOnly() throws Exception {
        Outside outside = new Outside();
        opened.add(outside);
        outside.answer("/", request -> new Answer(404, Map.of("X-Long", "\u001b[31m"), ""));
        for (String channel : List.of(
                "slack.webhook-url",
                "teams.webhook-url",
                "discord.webhook-url",
                "mattermost.webhook-url",
                "google-chat.webhook-url",
                "ntfy.url",
                "heartbeat-url")) {
            settings.put("sidecar.alerts." + channel, outside.url("/secret-path?token=secret-token"));
        }
        settings.put("sidecar.alerts.telegram.bot-token", "123456:secret");
        settings.put("sidecar.alerts.telegram.api-url", outside.url(""));

        assertThat(probe("PagerDuty=" + outside.url("/v2/enqueue"), "webhook=" + outside.url("")))
                .as(printed)
                .isTrue();
        assertThat(outside.received("/"))
                .hasSize(10)
                .allSatisfy(request -> assertThat(request.method()).isEqualTo("HEAD"));
        assertThat(outside.receivedBelow("/secret")).isEmpty();
        assertThat(printed).contains("HTTP 404", "Google Chat", "Telegram").doesNotContain("secret");
    }

    @Test
    void aServerThatSpeaksNoTlsIsToldSo() throws Exception {
        int port = says("HTTP/1.1 400 Bad Request\r\n\r\n", false);
        settings.put("sidecar.alerts.slack.webhook-url", "https://127.0.0.1:" + port + "/x");

        assertThat(probe()).isFalse();
        assertThat(printed).contains("TLS: ");
    }

    @ParameterizedTest
    @CsvSource({
        "+PONG, 'PONG, without a password', true",
        "-NOAUTH Authentication required., it requires a password, true",
        "HTTP/1.1 400 Bad Request, this is not what Redis answers: HTTP/1.1 400, false",
    })
    void redisAnswersPing(String answer, String told, boolean right) throws Exception {
        settings.put("sidecar.proofs.redis", "127.0.0.1:" + says(answer + "\r\n", false));

        assertThat(probe()).as(printed).isEqualTo(right);
        assertThat(printed).contains(told);
    }

    /** Endless lines, endless replies, silence, and control characters: the whole ends in time, and the terminal stays ours. */
    @ParameterizedTest
    @ValueSource(strings = {"220-more\r\n", "220 x", "", "\u001b[2J\u0007", "+"})
    void aHostileServerCostsTimeAndNothingElse(String endless) throws Exception {
        int port = says(endless, true);
        mail(port);
        settings.put("sidecar.proofs.redis", "127.0.0.1:" + port);
        settings.put("sidecar.gateway.upstream", "http://127.0.0.1:" + port);

        long began = System.nanoTime();
        assertThat(probe()).isFalse();

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LIMIT.plusSeconds(5));
        assertThat(printed.lines().filter(line -> line.startsWith("WRONG")))
                .hasSize(3)
                .allSatisfy(line -> assertThat(line.length()).isLessThan(800));
        assertThat(printed).doesNotContain("\u001b", "\u0007");
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(
                        () -> assertThat(asking()).as("threads that still read").isZero());
    }

    private static long asking() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().equals("probe"))
                .flatMap(thread -> Arrays.stream(thread.getValue()))
                .filter(frame -> frame.getClassName().matches(".*\\.(RedisProbe|SmtpProbe)"))
                .count();
    }

    @Test
    void withoutAnythingConfiguredThereIsNothingToAsk() throws Exception {
        assertThat(probe()).isTrue();
        assertThat(printed).contains("nothing is configured that could be tested");
    }

    /** As it is called: the settings of the sidecar lead to what is asked. */
    @Test
    void theCommandAsksByTheSidecarsSettings() throws Exception {
        PostgresServer postgres = PostgresServer.shared();
        String database = postgres.createDatabase("probed");
        Outside outside = new Outside();
        opened.add(outside);
        String[] arguments = {
            "--sidecar.backup.server.host=" + postgres.host(),
            "--sidecar.backup.server.port=" + postgres.port(),
            "--sidecar.backup.server.user=" + postgres.user(),
            "--sidecar.backup.server.password=" + postgres.password(),
            "--sidecar.backup.server.databases=" + database,
            "--sidecar.gateway.upstream=" + outside.url(""),
            "--sidecar.probes.endpoints=PagerDuty=" + outside.url("") + ",webhook=" + outside.url("")
        };

        assertThat(command(arguments)).as(printed).isZero();
        assertThat(printed)
                .containsPattern("ON +PostgreSQL +\\S+: version .+ lets '.*' in; to be backed up: " + database)
                .containsPattern("ON +API +http://127.0.0.1:\\d+: HTTP 200")
                .containsPattern("ON +PagerDuty ")
                .contains("probe: 4 of 4 answered");

        arguments[0] = "--sidecar.backup.server.host=127.0.0.1";
        arguments[1] = "--sidecar.backup.server.port=" + FreePort.get();
        assertThat(command(arguments)).isEqualTo(1);
        assertThat(printed).containsPattern("WRONG +PostgreSQL ").contains("POSTGRES_HOST");
    }

    private int command(String... arguments) {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(SidecarApplication.class)
                .web(WebApplicationType.NONE)
                .lazyInitialization(true)
                .logStartupInfo(false)
                .profiles("command")
                .run(arguments)) {
            SidecarCommand preflight = context.getBean("preflightCommand", SidecarCommand.class);
            StringWriter out = new StringWriter();
            int exit = new CommandLine(preflight)
                    .setOut(new PrintWriter(out, true))
                    .execute("--probe");
            printed = out.toString();
            return exit;
        }
    }

    private GreenMail greenMail() {
        GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        server.start();
        server.setUser("alerts@example.org", "alerts", "secret-mail");
        opened.add(server::stop);
        return server;
    }

    /** @param again says it for as long as somebody listens; nothing at all if there is nothing to say */
    private int says(String text, boolean again) throws IOException {
        ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        opened.add(server);
        daemon(() -> {
            while (!server.isClosed()) {
                Socket client = server.accept();
                daemon(() -> {
                    try (client) {
                        OutputStream out = client.getOutputStream();
                        byte[] bytes = text.repeat(1 + (again ? 10_000 / Math.max(1, text.length()) : 0))
                                .getBytes(StandardCharsets.UTF_8);
                        do {
                            out.write(bytes);
                            out.flush();
                        } while (again && bytes.length > 0);
                        client.getInputStream().readAllBytes();
                    }
                    return null;
                });
            }
            return null;
        });
        return server.getLocalPort();
    }

    private static void daemon(Callable<?> work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.call();
                    } catch (Exception e) {
                        // The other side has hung up.
                    }
                },
                "hostile");
        thread.setDaemon(true);
        thread.start();
    }
}
