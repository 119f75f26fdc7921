package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sidecar.SidecarApplication;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.secrets.Secret;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import picocli.CommandLine;

/** Scripts with tokens at a running server, and the command that makes and revokes them there. */
class TokenLoginTest {

    private static final String PASSWORD = "correct-horse-battery";
    private static final ListAppender<ILoggingEvent> LOG = new ListAppender<>();

    @TempDir
    static Path folder;

    private static ConfigurableApplicationContext sidecar;
    private static String base;

    @BeforeAll
    static void start() {
        sidecar = new SpringApplicationBuilder(SidecarApplication.class)
                .run(
                        "--server.port=0",
                        "--sidecar.access.directory=" + folder.resolve("access"),
                        "--sidecar.access.admin-password=" + PASSWORD,
                        "--sidecar.access.max-failures=3",
                        "--sidecar.access.locked-for=1s");
        base = "http://localhost:" + sidecar.getEnvironment().getProperty("local.server.port");
        LOG.list = new CopyOnWriteArrayList<>();
        LOG.start();
        ((Logger) LoggerFactory.getLogger("audit")).addAppender(LOG);
        ((Logger) LoggerFactory.getLogger(TokenLogin.class)).addAppender(LOG);
    }

    @AfterAll
    static void stop() {
        ((Logger) LoggerFactory.getLogger("audit")).detachAppender(LOG);
        ((Logger) LoggerFactory.getLogger(TokenLogin.class)).detachAppender(LOG);
        sidecar.close();
    }

    @Test
    void theCommandMakesOneThatWorksAtOnceUntilTheCommandRevokesIt() throws Exception {
        String made = command("add", "ci", "--role", "operator", "--expires", "30d");
        String token = made.lines().findFirst().orElseThrow();

        assertThat(made).contains("exit 0");
        HttpResponse<String> answer = post(token);
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.headers().allValues("Set-Cookie")).as("no session").isEmpty();
        assertThat(command("list")).contains("ci  operator  until ", "  used ").doesNotContain(token);
        assertThat(logged()).contains("who=\"token:ci\" action=\"POST\" what=\"/api/report/drills\" result=\"202\"");

        assertThat(command("revoke", "ci")).contains("Revoked: ci", "exit 0");
        HttpResponse<String> refused = post(token);
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("The token is wrong, or it was revoked");
        assertThat(refused.headers().firstValue("WWW-Authenticate").orElse("")).contains("invalid_token");
        assertThat(command("revoke", "ci")).contains("no token of this name", "exit 4");
    }

    @Test
    void aViewersTokenLooksAndChangesNothing() throws Exception {
        String token = command("add", "looks").lines().findFirst().orElseThrow();

        assertThat(get("/api/report", token).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = post(token);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("role operator");
        assertThat(logged()).contains("action refused who=\"token:looks\" action=\"POST\" what=\"/api/report/drills\"");
        assertThat(get("/api/tokens", token).statusCode()).isEqualTo(403);
        assertThat(get("/readiness", token).statusCode())
                .as("pages are for people")
                .isEqualTo(401);
        assertThat(get("/actuator/prometheus", token).statusCode()).isEqualTo(401);
    }

    /** With five wrong ones a script that guesses waits, and so does everybody else, who is not locked out. */
    @Test
    void wrongOnesAreSlowedDownLikeWrongPasswords() throws Exception {
        String token = command("add", "right").lines().findFirst().orElseThrow();
        for (int i = 0; i < 3; i++) {
            assertThat(get("/api/report", "sidecar_guess" + i).statusCode()).isEqualTo(401);
        }
        long begun = System.nanoTime();
        HttpResponse<String> right = get("/api/report", token);

        assertThat(right.statusCode()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(200));
        assertThat(logged()).contains("result=\"refused: wrong token\"").doesNotContain("sidecar_guess");
    }

    /** A forgotten script presents it every minute: that must not slow down everybody's login. */
    @Test
    void anExpiredOneIsRefusedByNameAndIsNoGuess() throws Exception {
        MutableClock clock = new MutableClock("2026-11-28T12:00:00Z");
        ApiTokens tokens = new ApiTokens(folder.resolve("expired.json"), clock);
        LoginAttempts attempts = new LoginAttempts(1, Duration.ofHours(1), LoginAttempts.Pace.NORMAL, clock);
        TokenLogin login = new TokenLogin(
                tokens, attempts, new AccessMetrics(new SimpleMeterRegistry()), new Refused("", 0), clock);
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/api/report");
        request.setServletPath("/api/report");
        request.addHeader("Authorization", "bearer " + tokens.add("old", Role.OPERATOR, Duration.ofHours(1)));
        clock.tick(Duration.ofHours(1));

        for (int i = 0; i < 10; i++) {
            MockHttpServletResponse response = new MockHttpServletResponse();
            MockFilterChain beyond = new MockFilterChain();
            long begun = System.nanoTime();
            login.doFilter(request, response, beyond);

            assertThat(response.getStatus()).isEqualTo(401);
            assertThat(response.getContentAsString())
                    .contains("The token old expired at 2026-11-28T13:00:00Z", "sidecar token add old");
            assertThat(beyond.getRequest()).isNull();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LoginAttempts.Pace.NORMAL.longest());
        }
        long begun = System.nanoTime();
        assertThat(attempts.await("192.0.2.1")).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LoginAttempts.Pace.NORMAL.first());
    }

    @Test
    void whatIsOutsideTheLimitsIsRefusedAndSaidInOneLine() {
        assertThat(command("add", "a b")).contains("A name has 1 to 63 letters", "exit 2");
        assertThat(command("add", "x", "--role", "admin")).contains("viewer or operator", "exit 2");
        assertThat(command("add", "x", "--expires", "10y")).contains("such as 12h or 90d", "exit 2");
        assertThat(command("add", "x", "--expires", "400d")).contains("366d", "exit 2");
        assertThat(command("add", "twice")).contains("exit 0");
        assertThat(command("add", "twice")).contains("Revoke it first: sidecar token revoke twice", "exit 2");
        assertThat(command("revoke", "../tokens")).contains("exit 4");
        assertThat(command()).contains("Missing subcommand", "exit 2");
    }

    private static HttpResponse<String> get(String path, String token) throws Exception {
        Surfer script = new Surfer(base);
        return script.send(script.to(path).header("Authorization", "Bearer " + token));
    }

    private static HttpResponse<String> post(String token) throws Exception {
        Surfer script = new Surfer(base);
        return script.send(script.to("/api/report/drills")
                .header("Authorization", "Bearer " + token)
                .POST(BodyPublishers.noBody()));
    }

    private static String command(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        CommandLine line = new CommandLine(
                new TokenCommand(() -> new AdminCredentials("admin", Secret.of(PASSWORD)), URI.create(base), printed));
        line.setErr(new PrintWriter(printed, true));
        line.setExecutionExceptionHandler((failure, at, parsed) -> {
            printed.println(failure.getMessage());
            return failure instanceof CommandFailure known ? known.exitCode() : 1;
        });
        int exit = line.execute(arguments);
        return out.toString(StandardCharsets.UTF_8) + "\nexit " + exit;
    }

    private static String logged() {
        return LOG.list.stream()
                .map(event -> event.getFormattedMessage()
                        + event.getKeyValuePairs().stream()
                                .map(pair -> " " + pair)
                                .collect(Collectors.joining()))
                .collect(Collectors.joining("\n"));
    }
}
